import { Aws } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  AuthorizationType,
  type CfnAccount,
  EndpointType,
  type IAuthorizer,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  type MethodOptions,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { addProblemResponses } from './gateway-problems.ts';
import { createLogGroup } from './logs.ts';
import { type Door as DoorName, type Route, type RouteLambda, routes } from './routes.ts';
import type { Stage } from './stage.ts';

/** The stage of both APIs and so the first part of every path, as callers see it. */
const apiStage = 'api';

interface DoorProps {
  readonly stage: Stage;
  readonly name: DoorName;
  readonly does: string;
  /** A route whose Lambda the deployment does not have is left out. */
  readonly lambdas: Readonly<Partial<Record<RouteLambda, LambdaFunction>>>;
  /** Who checks the caller: an authorizer, or IAM. */
  readonly authorization: IAuthorizer | 'IAM';
  readonly logging: CfnAccount;
}

/** One of the two APIs over the same Lambdas. */
export class Door extends Construct {
  readonly api: RestApi;
  /** Without a slash at its end. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: DoorProps) {
    super(scope, id);
    this.api = new RestApi(this, 'Api', {
      description: props.does,
      endpointTypes: [EndpointType.REGIONAL],
      deployOptions: {
        stageName: apiStage,
        accessLogDestination: new LogGroupLogDestination(createLogGroup(this, 'AccessLogs', props.stage)),
        accessLogFormat: AccessLogFormat.custom(JSON.stringify(accessLogFields)),
        loggingLevel: MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        metricsEnabled: true,
        tracingEnabled: true,
        throttlingRateLimit: 50,
        throttlingBurstLimit: 100,
      },
    });
    this.api.deploymentStage.node.addDependency(props.logging);
    // The stack's own outputs say where the APIs are.
    this.api.node.tryRemoveChild('Endpoint');
    this.url = urlOf(this.api, props.stage);
    this.#addRoutes(props);
    addProblemResponses(this.api, props.name);
    acknowledge(this.api, {
      APIG2: 'Requests are validated by the schemas in the Lambdas, which answer with every fault at once.',
      APIG3: 'A web ACL is the organisation’s: its firewall policy attaches one to the stages of both APIs.',
      COG4: 'People come with a token of the organisation’s own OIDC issuer, machines with SigV4.',
    });
  }

  #addRoutes({ name, lambdas, authorization }: DoorProps): void {
    const integrations = new Map<RouteLambda, LambdaIntegration>();
    for (const route of routes.filter(({ doors }) => doors.includes(name))) {
      const lambda = lambdas[route.lambda];
      if (lambda === undefined) continue;
      let integration = integrations.get(route.lambda);
      if (integration === undefined) {
        integration = new LambdaIntegration(lambda, {
          // One permission for the API instead of one for each of its methods.
          scopePermissionToMethod: false,
        });
        integrations.set(route.lambda, integration);
      }
      const method = this.api.root
        .resourceForPath(route.path)
        .addMethod(route.method, integration, authorizationOf(route, authorization));
      if (route.openBecause !== undefined) acknowledge(method, { APIG4: route.openBecause });
    }
  }
}

function authorizationOf(route: Route, authorization: IAuthorizer | 'IAM'): MethodOptions {
  if (route.openBecause !== undefined) return { authorizationType: AuthorizationType.NONE };
  if (authorization === 'IAM') return { authorizationType: AuthorizationType.IAM };
  return { authorizer: authorization };
}

function urlOf(api: RestApi, stage: Stage): string {
  return stage.name === 'local'
    ? `${stage.apiBaseUrl}/restapis/${api.restApiId}/${apiStage}/_user_request_`
    : `https://${api.restApiId}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}/${apiStage}`;
}

/** The path without its query: a sign-in brings its code there. */
const accessLogFields = {
  requestId: '$context.requestId',
  extendedRequestId: '$context.extendedRequestId',
  time: '$context.requestTime',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  responseLatency: '$context.responseLatency',
  responseLength: '$context.responseLength',
  sourceIp: '$context.identity.sourceIp',
  userAgent: '$context.identity.userAgent',
  principal: '$context.authorizer.principalId',
  iamPrincipal: '$context.identity.userArn',
  authorizerStatus: '$context.authorizer.status',
  errorType: '$context.error.responseType',
} as const;
