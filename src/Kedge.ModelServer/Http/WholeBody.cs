using System.Buffers;
using System.IO.Pipelines;

namespace Kedge.ModelServer.Http;

/// <summary>
/// A whole request body. When it came in one piece it is read where it lies; else it is copied into a rented array.
/// </summary>
internal struct WholeBody
{
    private readonly PipeReader? _reader;
    private readonly ReadOnlySequence<byte> _piece;
    private readonly byte[]? _rented;
    private readonly int _length;

    private WholeBody(PipeReader reader, in ReadOnlySequence<byte> piece)
    {
        _reader = reader;
        _piece = piece;
    }

    private WholeBody(byte[] rented, int length)
    {
        _rented = rented;
        _length = length;
    }

    /// <summary>True when it was longer than allowed; it is then empty.</summary>
    internal bool IsTooLarge { get; private init; }

    internal readonly ReadOnlySpan<byte> Bytes => _rented is null ? _piece.FirstSpan : _rented.AsSpan(0, _length);

    /// <summary>
    /// Reads a body without waiting when it is already here whole, which small ones nearly always are.
    /// </summary>
    internal static ValueTask<WholeBody> ReadAsync(PipeReader reader, long? declaredLength, long bytesMax)
    {
        try
        {
            if (declaredLength is > 0 && declaredLength <= bytesMax && reader.TryRead(out ReadResult result))
            {
                if (result.Buffer.Length == declaredLength && result.Buffer.IsSingleSegment)
                {
                    return ValueTask.FromResult(new WholeBody(reader, result.Buffer));
                }

                reader.AdvanceTo(result.Buffer.Start);
            }
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException)
        {
            // The client was gone already: whoever waits for the body is told, as if it had gone a moment later.
            return ValueTask.FromException<WholeBody>(broken);
        }

        return declaredLength > bytesMax
            ? ValueTask.FromResult(new WholeBody([], 0) { IsTooLarge = true })
            : CopyAsync(reader, declaredLength, bytesMax);
    }

    /// <summary>A body in an array of the shared pool.</summary>
    internal static WholeBody OfRented(byte[] rented, int length) => new(rented, length);

    /// <summary>Lets go of the body; its bytes are gone.</summary>
    internal readonly void Release()
    {
        _reader?.AdvanceTo(_piece.End);
        Return(_rented ?? []);
    }

    private static async ValueTask<WholeBody> CopyAsync(PipeReader reader, long? declaredLength, long bytesMax)
    {
        byte[] rented = [];
        int length = 0;
        while (true)
        {
            ReadResult result = await reader.ReadAsync().ConfigureAwait(false);
            long total = length + result.Buffer.Length;
            if (total > bytesMax)
            {
                Return(rented);
                reader.AdvanceTo(result.Buffer.End);
                return new WholeBody([], 0) { IsTooLarge = true };
            }

            rented = Grown(rented, length, (int)total, declaredLength ?? bytesMax);
            result.Buffer.CopyTo(rented.AsSpan(length));
            length = (int)total;
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return new WholeBody(rented, length);
            }
        }
    }

    /// <summary>Memory follows what has come, not what was announced: announcing costs nothing.</summary>
    private static byte[] Grown(byte[] rented, int filled, int needed, long bytesExpected)
    {
        if (needed <= rented.Length)
        {
            return rented;
        }

        long wanted = Math.Min(Math.Max(ServeLimits.BodyBlockBytes, rented.Length * 4L), bytesExpected);
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Max(needed, wanted));
        rented.AsSpan(0, filled).CopyTo(larger);
        Return(rented);
        return larger;
    }

    private static void Return(byte[] rented)
    {
        if (rented.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
