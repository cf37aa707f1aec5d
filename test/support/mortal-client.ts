import type { KubernetesClient } from '../../activities/kubernetes/client.ts';

const writes: readonly PropertyKey[] = ['create', 'replace', 'replaceStatus', 'patch', 'delete'] satisfies (keyof KubernetesClient)[];

/** The client of a worker that dies as soon as it has written: nobody learns what became of the write. */
export function mortal(client: KubernetesClient): KubernetesClient {
  return new Proxy(client, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      const method = member.bind(target) as (...given: unknown[]) => unknown;
      if (!writes.includes(key)) return method;
      return async (...given: unknown[]) => {
        await method(...given);
        throw new Error('killed');
      };
    },
  });
}

/** Has a step done by workers that die one after the other, each after its first write, until one has nothing to write. @returns how many died */
export async function byMortals(step: () => Promise<unknown>): Promise<number> {
  for (let deaths = 0; ; deaths += 1) {
    try {
      await step();
      return deaths;
    } catch (error) {
      if ((error as Error).message !== 'killed') throw error;
    }
  }
}
