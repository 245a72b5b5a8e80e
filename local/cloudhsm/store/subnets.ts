import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Account } from '../../kms/account.ts';
import { newEc2Id } from '../ids.ts';

const rowSchema = z.object({
  id: z.string(),
  vpcId: z.string(),
  availabilityZone: z.string(),
  freeAddresses: z.number(),
});

export type Subnet = Readonly<z.infer<typeof rowSchema>>;

/** What a /24 leaves to use. */
const FREE_ADDRESSES = 251;

/** The subnets that CloudHSM knows of: there is no EC2 here, so one that is named for the first time exists from then on. */
export class Subnets {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  find(account: Account, id: string): Subnet | undefined {
    const row = this.#database
      .prepare('SELECT * FROM hsmSubnets WHERE accountId = ? AND region = ? AND id = ?')
      .get(account.accountId, account.region, id);
    return row === undefined ? undefined : rowSchema.parse(row);
  }

  put({ accountId, region }: Account, subnet: Subnet): void {
    this.#database
      .prepare(
        `INSERT OR REPLACE INTO hsmSubnets (id, accountId, region, vpcId, availabilityZone, freeAddresses)
         VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(subnet.id, accountId, region, subnet.vpcId, subnet.availabilityZone, subnet.freeAddresses);
  }

  /** Of whatever account has it. */
  delete(id: string): void {
    this.#database.prepare('DELETE FROM hsmSubnets WHERE id = ?').run(id);
  }

  /** The named subnets; new ones are in the VPC of the others, each in a zone that none of the others is in. */
  named(account: Account, ids: readonly string[]): Subnet[] {
    const known = ids.map((id) => this.find(account, id)).filter((subnet) => subnet !== undefined);
    const vpcId = known[0]?.vpcId ?? this.#defaultVpc(account);
    const taken = new Set(known.map(({ availabilityZone }) => availabilityZone));
    return ids.map((id) => {
      const existing = this.find(account, id);
      if (existing !== undefined) return existing;
      const zone = ZONES.map((letter) => `${account.region}${letter}`).find((name) => !taken.has(name));
      const availabilityZone = zone ?? `${account.region}a`;
      taken.add(availabilityZone);
      const subnet = { id, vpcId, availabilityZone, freeAddresses: FREE_ADDRESSES };
      this.put(account, subnet);
      return subnet;
    });
  }

  #defaultVpc({ accountId, region }: Account): string {
    const row = this.#database
      .prepare('SELECT * FROM hsmSubnets WHERE accountId = ? AND region = ? ORDER BY rowid LIMIT 1')
      .get(accountId, region);
    return row === undefined ? newEc2Id('vpc') : rowSchema.parse(row).vpcId;
  }
}

const ZONES = ['a', 'b', 'c', 'd', 'e', 'f'];
