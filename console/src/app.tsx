import { useQuery } from '@tanstack/react-query';
import { api } from './api.ts';
import { AbsencesPage } from './pages/absences.tsx';
import { CustodyPage } from './pages/custody.tsx';
import { PasskeysPage } from './pages/passkeys.tsx';
import { RequestPage } from './pages/request.tsx';
import { SlackLinkPage } from './pages/slack-link.tsx';
import { WaitingPage } from './pages/waiting.tsx';
import { PageTitle } from './parts/page-title.tsx';
import { Shell } from './parts/shell.tsx';
import { Trouble } from './parts/trouble.tsx';
import { type Place, usePlace } from './router.ts';

/** Shows the page of the address, to whoever is signed in. */
export function App() {
  const place = usePlace();
  const session = useQuery({ queryKey: ['session'], queryFn: () => api.session() });
  const address = place.query.size === 0 ? place.path : `${place.path}?${place.query}`;
  if (session.isPending) return <Shell>{undefined}</Shell>;
  if (session.isError) {
    return (
      <Shell>
        <PageTitle>Keyward</PageTitle>
        <Trouble error={session.error} backTo={address} />
      </Shell>
    );
  }
  return (
    <Shell session={session.data}>
      <Page place={place} />
    </Shell>
  );
}

function Page({ place: { path, query } }: { readonly place: Place }) {
  const [, requestId] = /^requests\/(\w+)$/.exec(path) ?? [];
  if (requestId !== undefined) return <RequestPage key={requestId} requestId={requestId} />;
  switch (path) {
    case '':
    case 'requests':
      return <WaitingPage />;
    case 'passkeys':
      return <PasskeysPage />;
    case 'absences':
      return <AbsencesPage />;
    case 'custody':
      return <CustodyPage />;
    case 'slack-link':
      return <SlackLinkPage nonce={query.get('nonce') ?? ''} />;
    default:
      return (
        <PageTitle description="Check the address, or begin with the list.">There is no such page</PageTitle>
      );
  }
}
