using System.Buffers;
using System.IO.Pipelines;

namespace Kedge.ModelServer.Http;

/// <summary>
/// A whole request body. When it came in one piece it is read where it lies; else it is copied together.
/// </summary>
internal struct WholeBody
{
    private readonly PipeReader? _reader;
    private readonly ReadOnlySequence<byte> _piece;
    private readonly bool _isCopied;
    private readonly BodyBuffer _buffer;

    private WholeBody(PipeReader reader, in ReadOnlySequence<byte> piece)
    {
        _reader = reader;
        _piece = piece;
    }

    private WholeBody(in BodyBuffer buffer)
    {
        _buffer = buffer;
        _isCopied = true;
    }

    /// <summary>True when it was longer than allowed; it is then empty.</summary>
    internal bool IsTooLarge { get; private init; }

    internal readonly ReadOnlySpan<byte> Bytes => _isCopied ? _buffer.Bytes : _piece.FirstSpan;

    /// <summary>The same where it does not move until it is released; else empty.</summary>
    internal readonly Memory<byte> Lent => _buffer.Lent;

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
            ? ValueTask.FromResult(new WholeBody(default(BodyBuffer)) { IsTooLarge = true })
            : CopyAsync(reader, declaredLength, bytesMax);
    }

    /// <summary>A body that was taken out of another.</summary>
    internal static WholeBody Of(in BodyBuffer buffer) => new(buffer);

    /// <summary>Lets go of the body; its bytes are gone.</summary>
    internal readonly void Release()
    {
        _reader?.AdvanceTo(_piece.End);
        _buffer.Release();
    }

    private static async ValueTask<WholeBody> CopyAsync(PipeReader reader, long? declaredLength, long bytesMax)
    {
        BodyBuffer buffer = default;
        try
        {
            while (true)
            {
                ReadResult result = await reader.ReadAsync().ConfigureAwait(false);
                if (buffer.Length + result.Buffer.Length > bytesMax)
                {
                    reader.AdvanceTo(result.Buffer.End);
                    buffer.Release();
                    return new WholeBody(default(BodyBuffer)) { IsTooLarge = true };
                }

                buffer.Append(result.Buffer, declaredLength ?? bytesMax);
                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return new WholeBody(buffer);
                }
            }
        }
        catch
        {
            buffer.Release();
            throw;
        }
    }
}
