import { Connection } from '@temporalio/client';
import { expect, test } from 'vitest';
import { ensureSearchAttributes } from '../../../infra/temporal/search-attributes.ts';
import { testStack } from '../../support/stack.ts';

test('search attributes of our workflows are registered, and registering them again changes nothing', async () => {
  const connection = await Connection.connect({ address: testStack().temporal });
  try {
    await ensureSearchAttributes(connection, 'default');
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    expect(Object.keys(customAttributes)).toEqual(
      expect.arrayContaining(['ReleaseStream', 'ReleaseTag', 'ReleasePhase', 'ReleaseNamespace']),
    );
  } finally {
    await connection.close();
  }
});
