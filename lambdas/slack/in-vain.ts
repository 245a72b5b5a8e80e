import type { SlackWork } from './interaction.ts';
import type { Outcome } from './tell.ts';
import { noticeView } from './views.ts';

type Words = Readonly<Record<SlackWork['kind'], string>>;

/** Of what was tried as often as it may be. An answer that was lost may hide that a decision was recorded. */
const tooOften: Words = {
  decide:
    'Your decision could not be recorded, and is not tried again. Open the page: it shows whether it stands after all, and there you can decide.',
  review: 'The request could not be read. Press «Review» again, or open the page.',
  link: 'Your account could not be linked. Press «Review» again, with a new code.',
};

const FAULT = 'Something is wrong with Keyward that trying again does not mend; whoever runs it is alerted.';

/** Of what fails however often it is tried: nobody is sent round in circles. */
const whatever: Words = {
  decide: `Your decision could not be recorded. ${FAULT} The page shows whether it stands after all.`,
  review: `This request can be neither shown nor decided here. ${FAULT}`,
  link: `Your account could not be linked. ${FAULT}`,
};

/** Nobody is left to believe that it is still being worked on. */
export function inVain({ kind }: SlackWork, mayPass: boolean): Outcome {
  const words = (mayPass ? tooOften : whatever)[kind];
  return { view: noticeView('Not done', words), whispered: words };
}
