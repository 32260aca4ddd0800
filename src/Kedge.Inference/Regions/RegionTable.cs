using System.Collections.Immutable;

namespace Kedge.Inference.Regions;

/// <summary>The regions that are registered now. Safe from any thread; looking one up takes no lock.</summary>
public sealed class RegionTable
{
    private readonly Lock _gate = new();
    private ImmutableArray<SharedRegion> _regions = [];

    /// <summary>All of them, as of now.</summary>
    public ImmutableArray<SharedRegion> Regions
    {
        get
        {
            lock (_gate)
            {
                return _regions;
            }
        }
    }

    /// <summary>
    /// Takes a region over; null when that is done, else why not, and the region is still the caller's.
    /// </summary>
    public string? TryAdd(SharedRegion region)
    {
        lock (_gate)
        {
            if (_regions.Any(r => r.Name == region.Name))
            {
                return $"there is a region '{region.Name}' already";
            }

            if (_regions.Length >= InferenceLimits.RegionsMax)
            {
                return $"there are {InferenceLimits.RegionsMax} regions already";
            }

            long total = _regions.Sum(static r => (long)r.Memory.Length) + region.Memory.Length;
            if (total > InferenceLimits.RegionBytesMax)
            {
                return $"all regions together may have {InferenceLimits.RegionBytesMax} bytes";
            }

            _regions = _regions.Add(region);
            return null;
        }
    }

    /// <summary>Takes the region of this name out; false when there is none.</summary>
    public bool Remove(string name) => Remove(region => region.Name == name) > 0;

    /// <summary>Takes this very region out, not another of its name.</summary>
    public void Remove(SharedRegion region) => Remove(other => ReferenceEquals(other, region));

    /// <summary>Takes all of them out.</summary>
    public void Clear() => Remove(static _ => true);

    /// <summary>Finds a region by the bytes of its name and holds it; null when there is none.</summary>
    public SharedRegion? Hold(ReadOnlySpan<byte> nameUtf8)
    {
        foreach (SharedRegion region in Regions)
        {
            if (nameUtf8.SequenceEqual(region.NameUtf8.AsSpan()))
            {
                return region.TryHold() ? region : null;
            }
        }

        return null;
    }

    private int Remove(Func<SharedRegion, bool> isMeant)
    {
        SharedRegion[] gone;
        lock (_gate)
        {
            gone = [.. _regions.Where(isMeant)];
            _regions = [.. _regions.Where(region => !isMeant(region))];
        }

        foreach (SharedRegion region in gone)
        {
            region.Release();
        }

        return gone.Length;
    }
}
