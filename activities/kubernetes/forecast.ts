import { annotation } from '../../domain/payload/annotations.ts';
import { parseReleaseConfig } from '../../domain/payload/config.ts';
import type { ImageStream } from '../../domain/payload/kinds.ts';
import { forecast, type Forecast } from '../../domain/operations/forecast.ts';
import type { PayloadDependencies } from './payload-dependencies.ts';
import { imageStreams } from './resources.ts';
import { streamActivities } from './stream-activities.ts';

/** One stream in a dry run. */
export interface StreamForecast extends Forecast {
  /** name in the release config; that of the image stream where the config can not be read */
  stream: string;
  /** `namespace/name` of the image stream with the config */
  source: string;
}

/** What would be done to every stream that is driven, from the same look that the streams' workflows take. Writes nothing. */
export async function forecastStreams(dependencies: PayloadDependencies, now: number): Promise<StreamForecast[]> {
  const { client, releaseNamespaces } = dependencies;
  const { surveyStream } = streamActivities(dependencies);
  const forecasts: StreamForecast[] = [];
  for (const namespace of [...(await releaseNamespaces.all())].toSorted()) {
    const { items } = await client.list<ImageStream>(imageStreams, namespace);
    for (const { metadata } of items) {
      const { name, annotations } = metadata;
      const config = annotations?.[annotation.config];
      if (config === undefined || !releaseNamespaces.includes(namespace, name)) continue;
      const parsed = parseReleaseConfig(config);
      const look = await surveyStream({ namespace, name }, now);
      forecasts.push({ stream: parsed.ok ? parsed.config.name : name, source: `${namespace}/${name}`, ...forecast(look) });
    }
  }
  return forecasts;
}
