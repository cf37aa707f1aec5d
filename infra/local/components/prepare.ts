// Gets every program of the local stack, so that nothing that comes after has to wait for a build.
import { ComponentMissing, defaultSources, resolveComponents } from './resolve.ts';

try {
  await resolveComponents(defaultSources(process.env, (line) => console.error(line)));
} catch (error) {
  if (!(error instanceof ComponentMissing)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
