using System.Text;
using Kedge.Inference.Cache;
using Kedge.Inference.Sessions;
using Kedge.Native;

namespace Kedge.ModelServer.Scheduling;

/// <summary>
/// Answers of one model that are given again without computing, for several threads: <see cref="ResponseCache"/> with
/// a lock. Hashing and copying happen outside of it.
/// </summary>
internal sealed class KeptResponses
{
    private readonly Lock _gate = new();
    private readonly ResponseCache _cache;
    private readonly byte[] _model;
    private readonly byte[] _secret = new byte[KeyedHash.KeyBytes];
    private readonly Stack<KeyedHash> _hashes = new();

    /// <param name="bytesMax">Bytes of all answers.</param>
    /// <param name="model">What tells this model from any other.</param>
    internal KeptResponses(long bytesMax, string model)
    {
        _cache = new ResponseCache(bytesMax);
        _model = Encoding.UTF8.GetBytes(model);
        SystemRandom.Fill(_secret);
    }

    /// <summary>Bytes in use.</summary>
    internal long ByteCount
    {
        get
        {
            lock (_gate)
            {
                return _cache.ByteCount;
            }
        }
    }

    /// <summary>Gives a call its outputs where they are known; else the key to keep them under.</summary>
    internal bool TryAnswer(InferenceCall call, out ResponseKey key)
    {
        KeyedHash hash = RentHash();
        key = ResponseKey.Of(hash, _model, call);
        CachedResponse? response;
        lock (_gate)
        {
            _hashes.Push(hash);
            if (!_cache.TryFind(key, out response))
            {
                return false;
            }
        }

        response.CopyTo(call);
        return true;
    }

    /// <summary>Keeps the outputs of a call that was computed.</summary>
    internal void Keep(ResponseKey key, InferenceCall call)
    {
        if (!_cache.Takes(CachedResponse.BytesOf(call)))
        {
            return;
        }

        CachedResponse response = CachedResponse.Of(call);
        lock (_gate)
        {
            _cache.Add(key, response);
        }
    }

    private KeyedHash RentHash()
    {
        lock (_gate)
        {
            if (_hashes.TryPop(out KeyedHash? hash))
            {
                return hash;
            }
        }

        return new KeyedHash(_secret);
    }
}
