import Link from '@cloudscape-design/components/link';
import type { ReactNode } from 'react';
import { go } from '../router.ts';

/** A link to another page of ours. */
export function OurLink({ to, children }: { readonly to: string; readonly children: ReactNode }) {
  return (
    <Link
      href={new URL(to, document.baseURI).href}
      onFollow={(event) => {
        // Only of a plain click: a new tab is the browser's affair.
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </Link>
  );
}
