import { useQuery } from '@tanstack/react-query';
import { api } from './api.ts';
import { AbsencesPage } from './pages/absences.tsx';
import { CustodyPage } from './pages/custody.tsx';
import { PasskeysPage } from './pages/passkeys.tsx';
import { RequestPage } from './pages/request.tsx';
import { SlackLinkPage } from './pages/slack-link.tsx';
import { WaitingPage } from './pages/waiting.tsx';
import { PageTitle } from './parts/page-title.tsx';
import { Shell, Waiting } from './parts/shell.tsx';
import { Trouble } from './parts/trouble.tsx';
import { usePath } from './router.ts';

/** Shows the page of the address, to whoever is signed in. */
export function App() {
  const path = usePath();
  const session = useQuery({ queryKey: ['session'], queryFn: () => api.session() });
  if (session.isPending) {
    return (
      <Shell>
        <PageTitle>Keyward</PageTitle>
        <Waiting />
      </Shell>
    );
  }
  if (session.isError) {
    return (
      <Shell>
        <PageTitle>Keyward</PageTitle>
        <Trouble error={session.error} backTo={path} />
      </Shell>
    );
  }
  return (
    <Shell session={session.data}>
      <Page path={path} />
    </Shell>
  );
}

function Page({ path }: { readonly path: string }) {
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
      return <SlackLinkPage />;
    default:
      return (
        <PageTitle description="Check the address, or begin with the list.">There is no such page</PageTitle>
      );
  }
}
