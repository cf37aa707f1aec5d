import type { ActivityInterceptorsFactory } from '@temporalio/worker';

const everyMs = 1_000;
/** Their own heartbeats carry how far they are. */
const beatThemselves = new Set(['watchResource']);

/**
 * Beats for every activity that has a heartbeat timeout: when its worker is killed, it is tried again after seconds,
 * not when its whole time is up.
 */
export const heartbeats: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    async execute(input, next) {
      const { heartbeatTimeoutMs, isLocal, activityType } = context.info;
      if (isLocal || !heartbeatTimeoutMs || beatThemselves.has(activityType)) return next(input);
      const beating = setInterval(() => context.heartbeat(), everyMs);
      try {
        return await next(input);
      } finally {
        clearInterval(beating);
      }
    },
  },
});
