export { stream } from './stream.ts';
export { release } from './release.ts';
export { mirror } from './mirror.ts';
export { creation } from './creation.ts';
export { verification } from './verification.ts';
export { graph } from './graph.ts';
export { watch } from './watch.ts';
export * from './audit.ts';
export * from './limiter.ts';
