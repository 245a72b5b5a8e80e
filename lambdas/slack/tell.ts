import { isNobodyThere, type Slack, type SlackView } from '../adapters/slack/slack-client.ts';
import type { SlackWork } from './interaction.ts';

/** What somebody is told of what they did. */
export interface Outcome {
  readonly view: SlackView;
  /** What must reach them also when they have closed the modal: said in the channel, and seen by nobody else. */
  readonly whispered?: string;
}

export async function tell(
  slack: Pick<Slack, 'updateView' | 'whisper'>,
  work: SlackWork,
  { view, whispered }: Outcome,
): Promise<void> {
  await unlessNobodyThere(() => slack.updateView(work.viewId, view));
  if (whispered === undefined || work.kind !== 'decide' || work.channel === '') return;
  await unlessNobodyThere(() => slack.whisper(work.channel, work.who.userId, whispered));
}

/** That nobody is there to be told any more is no reason to do the work again. */
async function unlessNobodyThere(say: () => Promise<void>): Promise<void> {
  try {
    await say();
  } catch (error) {
    if (!isNobodyThere(error)) throw error;
  }
}
