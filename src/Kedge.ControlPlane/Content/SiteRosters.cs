using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Neighbours;
using Kedge.Store.Contracts;
using Kedge.Wire.Neighbours;

namespace Kedge.ControlPlane.Content;

/// <summary>
/// Which devices of a site may fetch from each other: those with the same label <c>site</c> that were not revoked and
/// report an address for neighbours. Problem: every device of a site asks whenever it fetches. Approach: what a row
/// says
/// is remembered; rows that changed are read again when the store's revision moved, all of them now and then, since a
/// device that was deleted is in no row.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="tenant">Whose devices.</param>
/// <param name="time">Clock.</param>
internal sealed class SiteRosters(IKedgeStore store, TenantId tenant, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private readonly SortedDictionary<DeviceId, (string Site, RosterDevice Device)> _members = [];
    private long _revision = -1;
    private long? _readAt;

    /// <summary>The roster of a site; of none for an empty name.</summary>
    public async Task<RosterMessage> OfAsync(string site, CancellationToken ct)
    {
        if (site.Length == 0)
        {
            return new RosterMessage();
        }

        await _one.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            await ReadAsync(ct).ConfigureAwait(false);
            return new RosterMessage
            {
                Site = site,
                Devices =
                [
                    .. _members.Values.Where(m => m.Site == site).Select(static m => m.Device)
                        .Take(NeighbourLimits.DevicesMax),
                ],
            };
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private async Task ReadAsync(CancellationToken ct)
    {
        bool isOld = _readAt is not { } at || time.GetElapsedTime(at) >= ServerLimits.RosterReadPeriod;
        long revision = await store.RevisionAsync(ct).ConfigureAwait(false);
        if (revision == _revision && !isOld)
        {
            return;
        }

        if (isOld)
        {
            _members.Clear();
            _readAt = null;
        }

        DeviceQuery query = new() { ChangedBeyond = isOld ? 0 : _revision };
        while (true)
        {
            Page<DeviceRow> page = await store.Devices.ListAsync(tenant, query, ct).ConfigureAwait(false);
            foreach (DeviceRow row in page.Items)
            {
                query = query with { After = row.Id };
                Take(row);
            }

            if (page.Next is null || page.Items.IsEmpty)
            {
                break;
            }
        }

        _revision = revision;
        _readAt ??= time.GetTimestamp();
    }

    private void Take(DeviceRow row)
    {
        string site = row.Labels.GetValueOrDefault(NeighbourLimits.SiteLabel, "");
        string[] addresses = site.Length == 0 || row.RevokedAtMs > 0 ? [] : AddressesOf(row.FactsJson);
        if (addresses.Length == 0)
        {
            _members.Remove(row.Id);
            return;
        }

        _members[row.Id] = (site, new RosterDevice
        {
            Name = row.Id.ToString(),
            Addresses = addresses,
            KeyId = row.Key.ToString(),
        });
    }

    /// <summary>What a device says of itself is taken as far as it is well formed.</summary>
    private static string[] AddressesOf(string factsJson)
    {
        try
        {
            using JsonDocument? facts = factsJson.Length == 0 ? null : JsonDocument.Parse(factsJson);
            return facts?.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("neighbours", out JsonElement list) && list.ValueKind == JsonValueKind.Array
                ?
                [
                    .. list.EnumerateArray()
                        .Select(static a => a.ValueKind == JsonValueKind.String ? a.GetString() : null)
                        .OfType<string>().Where(NeighbourLimits.IsAddress).Take(NeighbourLimits.AddressesMax),
                ]
                : [];
        }
        catch (JsonException)
        {
            // A row that cannot be read tells of no address.
            return [];
        }
    }
}
