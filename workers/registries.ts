import type { KubernetesClient } from '../activities/kubernetes/client.ts';
import { registryCredentials } from '../activities/registry-credentials.ts';
import { Registries } from '../activities/registry-requests.ts';
import type { Settings } from '../infra/settings/settings.ts';

/** Registries, signed in to as the settings say. */
export function registriesOf({ registryCredentials: places }: Settings, kubernetes: KubernetesClient): Registries {
  return new Registries({ credentials: registryCredentials(places, kubernetes) });
}
