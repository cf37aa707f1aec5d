import { Client, Connection } from '@temporalio/client';
import { testStack } from './stack.ts';

/**
 * A client whose workflows skip time: a sleep of weeks is over as soon as nothing else is running. Children inherit
 * it; a pending child or a running activity holds the clock of its parent. The SDK has no option for it, the server's
 * start request has. Close with `client.connection.close()`.
 */
export async function timeSkippingClient(): Promise<Client> {
  const connection = await Connection.connect({ address: testStack().temporal });
  const service = connection.workflowService;
  const skipping = { timeSkippingConfig: { enabled: true } };
  const start = service.startWorkflowExecution.bind(service);
  const signalWithStart = service.signalWithStartWorkflowExecution.bind(service);
  const wrapped = {
    startWorkflowExecution: (request: object) => start({ ...request, ...skipping }),
    signalWithStartWorkflowExecution: (request: object) => signalWithStart({ ...request, ...skipping }),
  };
  Object.assign(service, wrapped);
  return new Client({ connection });
}
