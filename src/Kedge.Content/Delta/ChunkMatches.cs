using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.Content.Delta;

/// <summary>
/// Which chunks of the target are chunks of the base, or stand earlier in the target. Both files were cut by content
/// when
/// they were packaged, so equal digests in their manifests are equal bytes, wherever they moved; nothing is read for
/// this.
/// Neighbouring matches are one.
/// </summary>
internal sealed class ChunkMatches
{
    private readonly List<ChunkMatch> _matches = [];
    private int _next;

    public ChunkMatches(ImmutableArray<ChunkRef> target, ImmutableArray<ChunkRef> baseChunks)
    {
        Dictionary<Digest, (long Offset, bool IsEarlier)> known = [];
        long at = 0;
        foreach (ChunkRef chunk in baseChunks)
        {
            _ = known.TryAdd(chunk.Digest, (at, false));
            at += chunk.Bytes;
        }

        at = 0;
        foreach (ChunkRef chunk in target)
        {
            if (known.TryGetValue(chunk.Digest, out (long Offset, bool IsEarlier) found))
            {
                Add(new ChunkMatch(at, chunk.Bytes, found.Offset, found.IsEarlier));
            }
            else
            {
                known.Add(chunk.Digest, (at, true));
            }

            at += chunk.Bytes;
        }
    }

    /// <summary>The first match that ends behind <paramref name="offset"/>; null when there is none. Offsets that are
    /// asked for only grow.</summary>
    public ChunkMatch? From(long offset)
    {
        while (_next < _matches.Count && _matches[_next].End <= offset)
        {
            _next++;
        }

        return _next < _matches.Count ? _matches[_next] : null;
    }

    private void Add(ChunkMatch match)
    {
        if (_matches.Count > 0 && _matches[^1] is var last
            && last.End == match.TargetOffset && last.IsEarlier == match.IsEarlier
            && last.From + last.Bytes == match.From)
        {
            _matches[^1] = last with { Bytes = last.Bytes + match.Bytes };
        }
        else
        {
            _matches.Add(match);
        }
    }
}
