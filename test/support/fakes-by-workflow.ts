import { activityInfo } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { permanent } from '../../activities/permanent.ts';
import { fakeActivities, type Activities } from './fake-activities.ts';

/** Fake activities of many tests for one worker. A call is for the test that started the workflow, or an ancestor of it. */
export class FakesByWorkflow {
  /** for the worker */
  readonly activities: Activities;
  readonly #client: Client;
  readonly #owners = new Map<string, Activities>();
  readonly #roots = new Map<string, Promise<string>>();

  constructor(client: Client) {
    this.#client = client;
    const handOver = (name: keyof Activities) => [
      name,
      async (...args: unknown[]) => ((await this.#ofThisCall())[name] as (...args: unknown[]) => unknown)(...args),
    ];
    this.activities = Object.fromEntries((Object.keys(fakeActivities({}).activities) as (keyof Activities)[]).map(handOver)) as Activities;
  }

  /** To be said before the workflow is started. An id that was used before belongs to the later test. */
  own(workflowId: string, activities: Activities): void {
    this.#owners.set(workflowId, activities);
  }

  async #ofThisCall(): Promise<Activities> {
    const { workflowId = '', runId = '' } = activityInfo().workflowExecution ?? {};
    const owner = this.#owners.get(workflowId) ?? this.#owners.get(await this.#rootOf(workflowId, runId));
    if (owner === undefined) throw permanent('NoTest', `no test of this file has started ${workflowId}: let it have a worker of its own`);
    return owner;
  }

  #rootOf(workflowId: string, runId: string): Promise<string> {
    const known = this.#roots.get(runId);
    if (known !== undefined) return known;
    const described = this.#client.workflow.getHandle(workflowId, runId).describe();
    const root = described.then(({ rootExecution }) => rootExecution?.workflowId ?? workflowId);
    this.#roots.set(runId, root);
    return root;
  }
}
