import type { Connection } from '@temporalio/client';
import { searchAttributes } from '../../workflows/search-attributes.ts';

/** temporal.api.enums.v1.IndexedValueType: what a search attribute key of type KEYWORD is registered as. */
const keyword = 2;

/**
 * Registers the search attributes that our workflows set, those that are missing. A start option of the development
 * server does the same for a new namespace only, so this runs at each start.
 */
export async function ensureSearchAttributes(connection: Pick<Connection, 'operatorService'>, namespace: string): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(searchAttributes).filter(({ name }) => !(name in customAttributes));
  if (missing.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map(({ name }) => [name, keyword])),
  });
}
