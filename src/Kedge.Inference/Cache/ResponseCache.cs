using System.Diagnostics.CodeAnalysis;
using Kedge.Core;
using Kedge.Inference.Batching;

namespace Kedge.Inference.Cache;

/// <summary>
/// Answers that may be asked for again, bounded in bytes: when room is needed, the one that was used longest ago goes.
/// Invariants: never more bytes than allowed; a key has one answer. One caller at a time.
/// </summary>
/// <param name="bytesMax">Bytes of all answers with what it takes to keep them, 0 or more.</param>
public sealed class ResponseCache(long bytesMax)
{
    private readonly Dictionary<ResponseKey, LinkedListNode<(ResponseKey Key, CachedResponse Response)>> _byKey = [];
    private readonly LinkedList<(ResponseKey Key, CachedResponse Response)> _byUse = new();

    /// <summary>Bytes in use.</summary>
    public long ByteCount { get; private set; }

    /// <summary>Answers kept.</summary>
    public int Count => _byKey.Count;

    /// <summary>True when an answer of this size is kept at all: one must not push out all the others.</summary>
    public bool Takes(long byteCount) => byteCount <= bytesMax / BatchLimits.CacheEntriesMin;

    /// <summary>The answer of a key, which then is the one used last.</summary>
    public bool TryFind(ResponseKey key, [NotNullWhen(true)] out CachedResponse? response)
    {
        if (!_byKey.TryGetValue(key, out LinkedListNode<(ResponseKey Key, CachedResponse Response)>? node))
        {
            response = null;
            return false;
        }

        _byUse.Remove(node);
        _byUse.AddFirst(node);
        response = node.Value.Response;
        return true;
    }

    /// <summary>Keeps an answer, and lets go of others where it must; nothing when it is too large.</summary>
    public void Add(ResponseKey key, CachedResponse response)
    {
        if (!Takes(response.ByteCount) || _byKey.ContainsKey(key))
        {
            return;
        }

        while (ByteCount + response.ByteCount > bytesMax)
        {
            Remove(_byUse.Last!); // What is there is larger than nothing.
        }

        _byKey.Add(key, _byUse.AddFirst((key, response)));
        ByteCount += response.ByteCount;
    }

    private void Remove(LinkedListNode<(ResponseKey Key, CachedResponse Response)> node)
    {
        Check.That(_byKey.Remove(node.Value.Key));
        _byUse.Remove(node);
        ByteCount -= node.Value.Response.ByteCount;
    }
}
