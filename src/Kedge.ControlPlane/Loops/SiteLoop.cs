using Kedge.ControlPlane.Content.Pace;
using Kedge.ControlPlane.Manifests;
using Kedge.Core;
using Kedge.Core.Sites;
using Kedge.Store;
using Kedge.Store.Contracts;
using Microsoft.Extensions.Logging;

namespace Kedge.ControlPlane.Loops;

/// <summary>Brings what is asked of the sites to where content is paced.</summary>
internal sealed partial class SiteLoop(IKedgeStore store, TenantId tenant, ContentPace pace, ILogger log)
{
    private long _seen = -1;

    /// <summary>Reads all sites when anything in the store has changed.</summary>
    public async ValueTask RunOnceAsync(CancellationToken ct)
    {
        long revision = await store.RevisionAsync(ct).ConfigureAwait(false);
        if (revision == _seen)
        {
            return;
        }

        List<SiteSpec> specs = [];
        foreach (SiteRow row in await ReadAsync(store, tenant, ct).ConfigureAwait(false))
        {
            if (SiteFormat.TryRead(row.SpecJson, out SiteSpec? spec))
            {
                specs.Add(spec);
            }
            else
            {
                SiteUnreadable(row.Name);
            }
        }

        pace.Set(specs);
        _seen = revision;
    }

    /// <summary>All sites in order of their names.</summary>
    public static async ValueTask<List<SiteRow>> ReadAsync(IKedgeStore store, TenantId tenant, CancellationToken ct)
    {
        List<SiteRow> rows = [];
        string? after = null;
        while (true)
        {
            Page<SiteRow> page =
                await store.Sites.ListAsync(tenant, after, StoreLimits.PageRowsMax, ct).ConfigureAwait(false);
            rows.AddRange(page.Items);
            if (page.Next is null || page.Items.IsEmpty)
            {
                return rows;
            }

            after = page.Next;
        }
    }

    [LoggerMessage(EventIds.SiteUnreadable, LogLevel.Error, "Site {Site} cannot be read and is not paced")]
    private partial void SiteUnreadable(string site);
}
