import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { textOf } from './permissions.ts';
import { deployed } from './synthesis.ts';

const resourceSchema = z.object({
  Properties: z.object({ ParentId: z.unknown(), PathPart: z.string() }),
});

const methodSchema = z.object({
  Properties: z.object({
    HttpMethod: z.string(),
    ResourceId: z.unknown(),
    RestApiId: z.object({ Ref: z.string() }),
    AuthorizationType: z.string(),
    AuthorizerId: z.unknown().optional(),
    Integration: z.object({ Type: z.string(), Uri: z.unknown() }),
  }),
});

const resources = deployed().findResources('AWS::ApiGateway::Resource');

function pathOf(id: unknown): string {
  const logicalId = textOf(id).slice(1, -1);
  const found = resources[logicalId];
  if (found === undefined) return '';
  const { ParentId, PathPart } = resourceSchema.parse(found).Properties;
  return `${pathOf(ParentId)}/${PathPart}`;
}

const methods = Object.values(deployed().findResources('AWS::ApiGateway::Method')).map((found) => {
  const { HttpMethod, ResourceId, RestApiId, AuthorizationType, AuthorizerId, Integration } =
    methodSchema.parse(found).Properties;
  return {
    door: RestApiId.Ref.includes('PeopleApi') ? 'people' : 'machines',
    route: `${HttpMethod} ${pathOf(ResourceId)}`,
    authorization: AuthorizationType,
    authorizer: AuthorizerId,
    integration: Integration.Type,
    calls: /<(\w+)\.Arn>/.exec(textOf(Integration.Uri))?.[1] ?? '',
  };
});

const routesOf = (door: string) => methods.filter((method) => method.door === door);

const shared = [
  'GET /v1/keys',
  'GET /v1/keys/{keyId}',
  'GET /v1/keys/{keyId}/certificate',
  'GET /v1/keys/{keyId}/consumers',
  'GET /v1/keys/{keyId}/ledger',
  'GET /v1/requests',
  'GET /v1/requests/{requestId}',
  'GET /v1/requests/{requestId}/export',
  'POST /v1/keys',
  'POST /v1/keys/{keyId}/cancel-destruction',
  'POST /v1/keys/{keyId}/consumers',
  'POST /v1/keys/{keyId}/consumers/remove',
  'POST /v1/keys/{keyId}/destroy',
  'POST /v1/keys/{keyId}/reinstate',
  'POST /v1/keys/{keyId}/revoke',
  'POST /v1/keys/{keyId}/rotate',
  'POST /v1/requests/{requestId}/cancel',
];

const openRoutes = [
  'GET /portal',
  'GET /portal/{proxy+}',
  'GET /v1/openapi.json',
  'POST /portal/{proxy+}',
  'POST /slack/interactions',
];

const decide = 'POST /v1/requests/{requestId}/decisions';
const stop = 'POST /v1/keys/{keyId}/emergency-revoke';

describe('the doors', () => {
  it('lead to these routes', () => {
    expect(
      routesOf('people')
        .map(({ route }) => route)
        .toSorted(),
    ).toEqual([...shared, ...openRoutes, decide, stop].toSorted());
  });

  it('lead machines to no decision and no emergency', () => {
    expect(
      routesOf('machines')
        .map(({ route }) => route)
        .toSorted(),
    ).toEqual(shared);
  });

  it('check everybody, but on the named routes', () => {
    const open = methods.filter(({ authorization }) => authorization === 'NONE');
    expect(open.map(({ door, route }) => `${door} ${route}`).toSorted()).toEqual(
      openRoutes.map((route) => `people ${route}`),
    );
    for (const { door, route, authorization, authorizer } of methods) {
      if (door === 'machines') expect(authorization, route).toBe('AWS_IAM');
      else if (!openRoutes.includes(route)) {
        expect(authorization, route).toBe('CUSTOM');
        expect(authorizer, route).toBeDefined();
      }
    }
  });

  it('hand each route to its Lambda', () => {
    for (const { route, calls, integration } of methods) {
      expect(integration, route).toBe('AWS_PROXY');
      if (route === decide) expect(calls, route).toMatch(/^ApiDecisions/);
      else if (route.includes('/slack/')) expect(calls, route).toMatch(/^SlackSlackDoor/);
      else if (route === stop) expect(calls, route).toMatch(/^EmergencyEmergencyRevoke/);
      else if (route.includes('/portal')) expect(calls, route).toMatch(/^Portal/);
      else expect(calls, route).toMatch(/^ApiApi|^Api[A-F0-9]{8}$/);
    }
  });

  it('ask the authorizer every time', () => {
    deployed().hasResourceProperties('AWS::ApiGateway::Authorizer', {
      AuthorizerResultTtlInSeconds: 0,
      IdentitySource: 'method.request.header.Authorization',
    });
  });

  it('are Regional, throttled, logged without bodies, and traced', () => {
    deployed().allResourcesProperties('AWS::ApiGateway::RestApi', {
      EndpointConfiguration: { Types: ['REGIONAL'] },
    });
    deployed().allResourcesProperties('AWS::ApiGateway::Stage', {
      AccessLogSetting: Match.objectLike({ DestinationArn: Match.anyValue() }),
      TracingEnabled: true,
      MethodSettings: [
        Match.objectLike({
          HttpMethod: '*',
          ResourcePath: '/*',
          LoggingLevel: 'ERROR',
          DataTraceEnabled: false,
          ThrottlingRateLimit: 50,
          ThrottlingBurstLimit: 100,
        }),
      ],
    });
  });

  it('log no query, where a sign-in brings its code', () => {
    const stages = JSON.stringify(deployed().findResources('AWS::ApiGateway::Stage'));
    expect(stages).toContain('$context.path');
    expect(stages).not.toMatch(/querystring|\$context\.requestOverride|authorizationToken/i);
  });

  it('answer for themselves with problems that have a code', () => {
    const answers = Object.values(deployed().findResources('AWS::ApiGateway::GatewayResponse'));
    expect(answers.length).toBeGreaterThanOrEqual(20);
    for (const { Properties } of answers) {
      expect(Properties.ResponseParameters['gatewayresponse.header.Content-Type']).toBe(
        "'application/problem+json'",
      );
      const problem = z
        .object({ code: z.string(), title: z.string(), detail: z.string(), requestId: z.string() })
        .parse(JSON.parse(String(Properties.ResponseTemplates['application/json'])));
      expect(problem.code).toMatch(/^[A-Z][A-Za-z]+$/);
    }
  });
});
