import { useQuery } from '@tanstack/react-query';
import { api } from '../api.ts';

/** Who is signed in, as every part of the page knows it. */
export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: () => api.session(),
    // It is known already wherever another part comes to need it.
    refetchOnMount: false,
  });
}
