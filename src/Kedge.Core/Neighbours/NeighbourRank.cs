using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Kedge.Core.Neighbours;

/// <summary>
/// Rendezvous hashing: every device orders the devices of a site for a package in the same way without a word between
/// them, and a device that comes or goes moves nothing but its own share (Thaler, Ravishankar, "Using name-based
/// mappings to increase hit rates", IEEE/ACM Trans. Networking 6(1), 1998).
/// </summary>
public static class NeighbourRank
{
    /// <summary>The weight of a device for a package: the highest leads. The same on every device.</summary>
    public static ulong Weight(Digest package, DeviceId device) => Hash($"{package}\n{device}");

    /// <summary>True when <paramref name="a"/> comes before <paramref name="b"/> for a package.</summary>
    public static bool Precedes(Digest package, DeviceId a, DeviceId b)
    {
        (ulong first, ulong second) = (Weight(package, a), Weight(package, b));
        return first != second ? first > second : a.CompareTo(b) < 0;
    }

    /// <summary>Devices in their order for a package, the first to lead first.</summary>
    public static ImmutableArray<DeviceId> Order(Digest package, IReadOnlyCollection<DeviceId> devices)
    {
        List<Ranked> ranked = new(devices.Count);
        foreach (DeviceId device in devices)
        {
            ranked.Add(new Ranked(device, Weight(package, device)));
        }

        ranked.Sort(static (a, b) =>
            a.Weight != b.Weight ? b.Weight.CompareTo(a.Weight) : a.Device.CompareTo(b.Device));
        ImmutableArray<DeviceId>.Builder order = ImmutableArray.CreateBuilder<DeviceId>(ranked.Count);
        foreach (Ranked one in ranked)
        {
            order.Add(one.Device);
        }

        return order.MoveToImmutable();
    }

    /// <summary>
    /// The weight of a neighbour as somebody to take something from: other than for each asking device, so that they do
    /// not all ask the same one.
    /// </summary>
    public static ulong WeightFor(Digest package, DeviceId asking, DeviceId asked) =>
        Hash($"{package}\n{asking}\n{asked}");

    /// <summary>
    /// Which of some neighbours is asked for one chunk: each in turn, by chance that can be repeated.
    /// </summary>
    /// <param name="sources">Some, all of which have the chunk.</param>
    /// <param name="package">The package that it belongs to.</param>
    /// <param name="asking">Who asks.</param>
    /// <param name="index">The chunk, from 0.</param>
    public static NeighbourSource Choose(
        IReadOnlyList<NeighbourSource> sources, Digest package, DeviceId asking, int index)
    {
        Check.That(sources.Count > 0);
        NeighbourSource best = sources[0];
        ulong highest = 0;
        foreach (NeighbourSource source in sources)
        {
            ulong weight = Mix(WeightFor(package, asking, source.Device) + (ulong)index);
            if (weight > highest)
            {
                (best, highest) = (source, weight);
            }
        }

        return best;
    }

    private static ulong Hash(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        _ = SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }

    /// <summary>The finisher of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).</summary>
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    // A class: sorting structs brings a copy of the sorter into every native program.
    private sealed record Ranked(DeviceId Device, ulong Weight);
}
