import Box from '@cloudscape-design/components/box';
import type { ReactNode } from 'react';
import { usePageTitle } from '../router.ts';

/** The heading of a page, which has the focus when the page is new. */
export function PageTitle({
  children,
  description,
}: {
  readonly children: string;
  readonly description?: ReactNode;
}) {
  usePageTitle(children);
  return (
    <header>
      <Box variant="h1">{children}</Box>
      {description === undefined ? undefined : <Box color="text-body-secondary">{description}</Box>}
    </header>
  );
}
