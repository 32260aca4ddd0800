using System.Collections.Immutable;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.ControlPlane.Content;

namespace Kedge.ControlPlane.Http;

/// <summary>Collecting content that nothing names any more.</summary>
internal static class CollectionCalls
{
    public static readonly ImmutableArray<Route> Routes =
    [
        new("POST", "/api/v1/gc", Access.Admin,
            "Removes content that nothing names; dryRun=true only looks, verify=true reads every chunk.", RunAsync),
    ];

    private static async Task RunAsync(Call call)
    {
        bool dryRun = call.Flag("dryRun");
        CollectionReport report = await call.Server.Collector
            .RunAsync(dryRun, call.Flag("verify"), call.Aborted).ConfigureAwait(false);
        CollectionResource resource = new()
        {
            DryRun = dryRun,
            Chunks = Of(report.Chunks),
            Orphans = Of(report.Orphans),
            Deltas = Of(report.Deltas),
            Leftovers = Of(report.Leftovers),
            Verified = report.Verified,
            Damaged = report.Damaged,
        };
        await call.ReplyAsync(resource, ApiJson.Default.CollectionResource).ConfigureAwait(false);
    }

    private static CollectedResource Of(CollectedPart part) => new(part.Count, part.Bytes);
}
