using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Output;
using Kedge.Cli.Running;

namespace Kedge.Cli.Kinds;

/// <summary>Events, oldest first. Their name is their number; asked for by name they are those of one device.</summary>
internal static class EventKind
{
    /// <summary>How many are shown unless more are asked for.</summary>
    public const int LimitDefault = 100;

    public static ResourceKind Kind { get; } = new()
    {
        Singular = "event",
        Plural = "events",
        Aliases = ["ev"],
        Columns =
        [
            new("AGE"), new("TYPE"), new("REASON"), new("DEVICE"), new("DEPLOYMENT"), new("MESSAGE"),
            new("CODE", IsWide: true), new("AT", IsWide: true), new("NUMBER", IsWide: true),
        ],
        List = (session, query, ct) => ListAsync(session, query.Name, LimitDefault, ct),
        Watch = WatchAsync,
    };

    /// <summary>The newest events of a device, or of all when it is empty; oldest first.</summary>
    public static async Task<ImmutableArray<Listed>> ListAsync(
        Session session, string device, int limit, CancellationToken ct)
    {
        ResourceList<EventResource> list =
            await session.Client.ListEventsAsync(device, limit, ct).ConfigureAwait(false);
        return [.. list.Items.OrderBy(item => item.Number).Select(item => Show(item, session.NowMs))];
    }

    private static async IAsyncEnumerable<ListedChange> WatchAsync(
        Session session, ListQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (WatchEvent<EventResource> change in session.Client.WatchEventsAsync(ct).ConfigureAwait(false))
        {
            if (change.Item is EventResource item && (query.Name.Length == 0 || item.Device == query.Name))
            {
                yield return new ListedChange(Show(item, session.NowMs), IsGone: false);
            }
        }
    }

    private static Listed Show(EventResource item, long nowMs) => new(
        item.Number.ToString(CultureInfo.InvariantCulture),
        [
            Ages.Since(item.AtMs, nowMs),
            item.Warning ? "Warning" : "Normal",
            item.Reason,
            item.Device,
            item.Deployment,
            item.Message,
            item.Code,
            Ages.Moment(item.AtMs),
            item.Number.ToString(CultureInfo.InvariantCulture),
        ],
        () => ResourceObject.Of(
            "Event",
            item.Number.ToString(CultureInfo.InvariantCulture),
            null,
            null,
            ResourceObject.Fields(item, ApiJson.Default.EventResource)));
}
