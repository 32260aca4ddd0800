using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Output;
using Kedge.Cli.Running;

namespace Kedge.Cli.Kinds;

/// <summary>Endpoints: where deployments answer, device by device. Their name is <c>DEPLOYMENT.DEVICE</c>.</summary>
internal static class EndpointKind
{
    public static ResourceKind Kind { get; } = new()
    {
        Singular = "endpoint",
        Plural = "endpoints",
        Aliases = ["ep"],
        Columns =
        [
            new("DEPLOYMENT"), new("DEVICE"), new("ENDPOINT"), new("PHASE"), new("PACKAGES"), new("LAST SEEN"),
            new("STALE", IsWide: true),
        ],
        List = ListAsync,
        Watch = WatchAsync,
    };

    private static async Task<ImmutableArray<Listed>> ListAsync(Session session, ListQuery query, CancellationToken ct)
    {
        ResourceList<EndpointResource> list = await session.Client.ListEndpointsAsync(ct).ConfigureAwait(false);
        ImmutableArray<Listed> shown =
        [
            .. list.Items
                .Where(endpoint => query.Name.Length == 0
                    || endpoint.Deployment == query.Name
                    || NameOf(endpoint) == query.Name)
                .Select(Show),
        ];
        return query.Name.Length > 0 && shown.IsEmpty
            ? throw new CliException(
                CliErrors.NotFound, $"no deployment {query.Name} answers anywhere", ExitCodes.NotFound)
            : shown;
    }

    private static async IAsyncEnumerable<ListedChange> WatchAsync(
        Session session, ListQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (WatchEvent<EndpointResource> change in session.Client.WatchEndpointsAsync(ct)
            .ConfigureAwait(false))
        {
            if (change.Item is EndpointResource endpoint)
            {
                yield return new ListedChange(Show(endpoint), change.Kind == WatchKind.Deleted);
            }
        }
    }

    private static string NameOf(EndpointResource endpoint) => $"{endpoint.Deployment}.{endpoint.Device}";

    private static Listed Show(EndpointResource endpoint) => new(
        NameOf(endpoint),
        [
            endpoint.Deployment,
            endpoint.Device,
            endpoint.Endpoint,
            endpoint.Phase,
            string.Join(',', endpoint.Packages),
            Ages.Ago(endpoint.LastSeenAgoMs),
            endpoint.Stale ? "yes" : "no",
        ],
        () => ResourceObject.Of(
            "Endpoint",
            NameOf(endpoint),
            null,
            null,
            ResourceObject.Fields(endpoint, ApiJson.Default.EndpointResource)));
}
