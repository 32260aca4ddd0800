using System.Runtime.InteropServices;
using Kedge.Inference.Protocol;

namespace Kedge.ModelServer.Http;

/// <summary>
/// A long body as it comes. Problem: the numbers of a JSON request waited as text until its last byte had come, some
/// megabytes of it; then they were read, while the sender had nothing to do any more. Approach: those of the first
/// input are read while the next ones are on their way, and their text is forgotten. Memory follows what has come, not
/// what was announced. Whoever has it releases it once.
/// </summary>
/// <param name="expected">Length of the whole body as far as it is known, or as it may be.</param>
/// <param name="readsEarly">It is JSON of which nobody needs the text.</param>
internal struct BodyIntake(long expected, bool readsEarly)
{
    /// <summary>What stands before the numbers of the first input is shorter; what is longer is read when it is whole.
    /// </summary>
    private const int BeginBytesMax = 8 * 1024;

    /// <summary>So much text without a number that can be read early is none.</summary>
    private const int UnreadBytesMax = 4 * 1024;

    private readonly long _expected = expected;
    private BodyBuffer _text;
    private BodyBuffer _values;
    private EarlyList _list;
    private bool _readsEarly = readsEarly;

    /// <summary>Bytes that have come.</summary>
    internal readonly long TakenBytes => _text.Length + (long)_list.RemovedBytes;

    /// <summary>What has come and was not read early.</summary>
    internal readonly BodyBuffer Text => _text;

    /// <summary>Takes what has come.</summary>
    internal void Take(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            // No more at once than stays in the processor's cache until it is read.
            int length = _readsEarly ? Math.Min(piece.Length, ServeLimits.BodyBlockBytes) : piece.Length;
            _text.Append(piece[..length], _expected);
            piece = piece[length..];
            if (_readsEarly)
            {
                ReadEarly();
            }
        }
    }

    /// <summary>What was read early, once all has come, and its memory, which goes to the caller.</summary>
    internal EarlyList Finish(out BodyBuffer values)
    {
        bool isPossible = _list.Elements <= MostElements(TakenBytes);
        if (_list.Count > 0 && isPossible)
        {
            _values.Extend(_list.Elements * sizeof(float), _list.Elements * sizeof(float));
        }

        values = _values;
        _values = default;
        return _list with { Values = isPossible ? values.Lent : default };
    }

    /// <summary>Lets go of all of it.</summary>
    internal readonly void Release()
    {
        _text.Release();
        _values.Release();
    }

    /// <summary>Elements that a body of so many bytes can have: each takes two or more.</summary>
    private readonly long MostElements(long bytes) => ((bytes - _list.Bracket) / 2) + 1;

    /// <summary>Finds the list, or gives up.</summary>
    private bool TryBegin()
    {
        if (!EarlyList.TryFind(_text.Bytes, out _list))
        {
            _list = default;
            _readsEarly = _text.Length < BeginBytesMax;
            return false;
        }

        // Few are read in no time when all has come; for more than there can be no memory is taken.
        _readsEarly = _list.Elements * (long)sizeof(float) > BodyPool.MovingBytesMax
            && _list.Elements <= MostElements(_expected);
        _list = _readsEarly ? _list : default;
        return _readsEarly;
    }

    private void ReadEarly()
    {
        if (_list.Elements == 0 && !TryBegin())
        {
            return;
        }

        int possible = (int)Math.Min(_list.Elements, _list.Count + ((_text.Length - _list.First) / 2L));
        _values.Extend(possible * sizeof(float), _list.Elements * (long)sizeof(float));
        int read = _list.Read(_text.Bytes, MemoryMarshal.Cast<byte, float>(_values.Writable), out int end);
        _readsEarly = read > 0 || _text.Length - end < UnreadBytesMax;
        _list = _list with
        {
            Count = _list.Count + read,
            RemovedBytes = _list.RemovedBytes + end - _list.First,
        };
        _text.Cut(_list.First, end - _list.First);
    }
}
