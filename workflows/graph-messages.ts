import { defineSignal } from '@temporalio/workflow';

/** Upgrade jobs of a release have news; an empty name stands for jobs of no release's verification. */
export const upgradesSignal = defineSignal<[release: string]>('upgrades');

/** Input of the `graph` workflow; what crosses continue-as-new is the same. */
export interface GraphInput {
  /** of the Secret that holds the graph */
  namespace: string;
  /** read every job there is, not only those of the releases below */
  everything: boolean;
  /** releases whose jobs have news that are not stored yet */
  releases: string[];
}
