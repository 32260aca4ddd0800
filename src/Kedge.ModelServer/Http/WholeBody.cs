using System.Buffers;
using System.IO.Pipelines;
using Kedge.Inference.Protocol;

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
    private BodyBuffer _values;

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

    /// <summary>What of it was read early, and is no more part of it; else empty.</summary>
    internal EarlyList Early { get; private init; }

    /// <summary>True when it was longer than allowed; it is then empty.</summary>
    internal bool IsTooLarge { get; private init; }

    internal readonly ReadOnlySpan<byte> Bytes => _isCopied ? _buffer.Bytes : _piece.FirstSpan;

    /// <summary>Bytes of it, with what was read early.</summary>
    internal readonly long TakenBytes => Bytes.Length + (long)Early.RemovedBytes;

    /// <summary>The same where it does not move until it is released; else empty.</summary>
    internal readonly Memory<byte> Lent => _buffer.Lent;

    /// <summary>
    /// Reads a body without waiting when it is already here whole, which small ones nearly always are.
    /// </summary>
    /// <param name="reader">What it comes from.</param>
    /// <param name="declaredLength">Its length; null where that is not known before its end.</param>
    /// <param name="bytesMax">How long it may be.</param>
    /// <param name="readsEarly">It may be read before it is whole; see <see cref="BodyIntake"/>.</param>
    internal static ValueTask<WholeBody> ReadAsync(
        PipeReader reader, long? declaredLength, long bytesMax, bool readsEarly = false)
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
            : CopyAsync(reader, declaredLength, bytesMax, readsEarly);
    }

    /// <summary>A body that was taken out of another.</summary>
    internal static WholeBody Of(in BodyBuffer buffer) => new(buffer);

    /// <summary>Lets go of the body; its bytes are gone.</summary>
    internal readonly void Release()
    {
        _reader?.AdvanceTo(_piece.End);
        _buffer.Release();
        _values.Release();
    }

    /// <summary>The memory of what was read early, which goes to the caller.</summary>
    internal BodyBuffer TakeValues()
    {
        BodyBuffer values = _values;
        _values = default;
        return values;
    }

    private static async ValueTask<WholeBody> CopyAsync(
        PipeReader reader, long? declaredLength, long bytesMax, bool readsEarly)
    {
        BodyIntake intake = new(declaredLength ?? bytesMax, readsEarly);
        try
        {
            while (true)
            {
                ReadResult result = await reader.ReadAsync().ConfigureAwait(false);
                if (intake.TakenBytes + result.Buffer.Length > bytesMax)
                {
                    reader.AdvanceTo(result.Buffer.End);
                    intake.Release();
                    return new WholeBody(default(BodyBuffer)) { IsTooLarge = true };
                }

                foreach (ReadOnlyMemory<byte> piece in result.Buffer)
                {
                    intake.Take(piece.Span);
                }

                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    EarlyList early = intake.Finish(out BodyBuffer values);
                    return new WholeBody(intake.Text) { Early = early, _values = values };
                }
            }
        }
        catch
        {
            intake.Release();
            throw;
        }
    }
}
