using Kedge.Core;
using Kedge.Zstd;

namespace Kedge.ControlPlane.Content;

/// <summary>
/// Envelopes of packages as zstd frames, the last few of them kept: many devices ask for the same one at the same time,
/// and one may have 22 MiB. Safe for many callers.
/// </summary>
internal sealed class CodedEnvelopes
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Digest, byte[]> _kept = [];
    private readonly Queue<Digest> _order = new();

    /// <summary>The frame of an envelope; empty where the plain bytes are as short.</summary>
    /// <param name="digest">Digest of the envelope's bytes.</param>
    /// <param name="plain">The envelope.</param>
    public ReadOnlyMemory<byte> Encode(Digest digest, ReadOnlyMemory<byte> plain)
    {
        lock (_lock)
        {
            if (_kept.TryGetValue(digest, out byte[]? known))
            {
                return known;
            }

            byte[] room = new byte[plain.Length];
            using ZstdCompressor compressor = new(new ZstdSettings(Level: 6));
            byte[] frame = compressor.TryCompress(plain.Span, [], room, out int written) ? room[..written] : [];
            _kept[digest] = frame;
            _order.Enqueue(digest);
            if (_order.Count > ServerLimits.CodedEnvelopesMax)
            {
                _kept.Remove(_order.Dequeue());
            }

            return frame;
        }
    }
}
