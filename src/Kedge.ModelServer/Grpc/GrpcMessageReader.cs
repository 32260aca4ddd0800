using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Kedge.Inference.Errors;
using Kedge.Inference.Grpc;
using Kedge.ModelServer.Http;

namespace Kedge.ModelServer.Grpc;

/// <summary>
/// Cuts the body of a call into messages. Problem: the sender may send only as much as was taken (the window of the
/// stream), so a large message must be taken out piece by piece; a small one is nearly always here whole and is read
/// where it lies. Invariant: no more memory is taken than has really come, twice over.
/// </summary>
/// <param name="reader">The body.</param>
/// <param name="messageBytesMax">Largest message, in bytes, after it is unpacked.</param>
/// <param name="isGzip">The call says that its compressed messages are gzip.</param>
internal readonly struct GrpcMessageReader(PipeReader reader, long messageBytesMax, bool isGzip)
{
    /// <summary>
    /// Reads the only message of a call, to its end; without waiting where it is here whole.
    /// </summary>
    internal ValueTask<GrpcMessage> ReadOnlyAsync()
    {
        if (reader.TryRead(out ReadResult result))
        {
            if (result.IsCompleted && TryTake(result.Buffer, isOnly: true, out GrpcMessage message))
            {
                return ValueTask.FromResult(message);
            }

            // Nothing is seen as examined: what is here comes again at once, beside what follows.
            reader.AdvanceTo(result.Buffer.Start);
        }

        return ReadLaterAsync();
    }

    /// <summary>Waits for more of a stream than was seen; what it gives is for <see cref="TryTakeNext"/>.</summary>
    internal ValueTask<ReadResult> WaitAsync() => reader.ReadAsync();

    /// <summary>
    /// Takes the next message of a stream out of what is here. The stream waits for more itself: it waits for every
    /// message, and a method that did so for it would take memory each time.
    /// </summary>
    /// <param name="result">What is here.</param>
    /// <param name="ending">Tells that the server ends; what is here by then is read all the same.</param>
    /// <param name="message">The message, which is waited for only where it is larger than what is here.</param>
    /// <returns>False where more must come first.</returns>
    internal bool TryTakeNext(in ReadResult result, GrpcEnding ending, out ValueTask<GrpcMessage> message) =>
        TryTake(result, isOnly: false, ending, out message);

    private async ValueTask<GrpcMessage> ReadLaterAsync()
    {
        ValueTask<GrpcMessage> message;
        while (!TryTake(await reader.ReadAsync().ConfigureAwait(false), isOnly: true, null, out message))
        {
            // More must come.
        }

        return await message.ConfigureAwait(false);
    }

    private bool TryTake(in ReadResult result, bool isOnly, GrpcEnding? ending, out ValueTask<GrpcMessage> message)
    {
        ReadOnlySequence<byte> buffer = result.Buffer;
        if ((isOnly ? result.IsCompleted : ending!.TakesMore(buffer)) // A stream always has one.
            && TryTake(buffer, isOnly, out GrpcMessage whole))
        {
            ending?.CountTaken();
            message = ValueTask.FromResult(whole);
            return true;
        }

        if (result.IsCompleted && ending?.TakesMore(buffer) != false)
        {
            reader.AdvanceTo(buffer.End);
            message = ValueTask.FromResult(!buffer.IsEmpty ? Broken("The call ends within a message.")
                : isOnly ? Broken("The call has no message.")
                : GrpcMessage.End);
            return true;
        }

        if (ending is { HasCome: true })
        {
            reader.AdvanceTo(buffer.End);
            message = ValueTask.FromResult(
                GrpcMessage.Broken(InferErrors.StreamEnded.At("The server is being replaced.")));
            return true;
        }

        if (GrpcFrame.TryReadHead(buffer, out byte flag, out uint length))
        {
            message = CollectAsync(buffer, flag, length, isOnly);
            return true;
        }

        reader.AdvanceTo(buffer.Start, buffer.End);
        message = default;
        return false;
    }

    /// <summary>Takes a message that is here whole, or one that cannot be taken at all.</summary>
    private bool TryTake(in ReadOnlySequence<byte> buffer, bool isOnly, out GrpcMessage message)
    {
        message = default;
        if (!GrpcFrame.TryReadHead(buffer, out byte flag, out uint length))
        {
            return false;
        }

        if (Refuse(flag, length) is { } refused)
        {
            reader.AdvanceTo(buffer.End);
            message = refused;
            return true;
        }

        long left = buffer.Length - GrpcFrame.HeadBytes - length;
        if (left < 0)
        {
            return false;
        }

        ReadOnlySequence<byte> piece = buffer.Slice(GrpcFrame.HeadBytes, length);
        if (isOnly && left > 0)
        {
            reader.AdvanceTo(buffer.End);
            message = Broken("The call has more than one message.");
        }
        else if (flag == 0 && piece.IsSingleSegment)
        {
            message = GrpcMessage.At(reader, piece);
        }
        else
        {
            BodyBuffer whole = default;
            whole.Append(piece, Math.Max(length, 1));
            reader.AdvanceTo(piece.End);
            message = Unpacked(whole, flag);
        }

        return true;
    }

    /// <summary>Takes a message out piece by piece, so that the sender may go on.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<GrpcMessage> CollectAsync(
        ReadOnlySequence<byte> buffer, byte flag, uint length, bool isOnly)
    {
        if (Refuse(flag, length) is { } refused)
        {
            reader.AdvanceTo(buffer.End);
            return refused;
        }

        BodyBuffer whole = default;
        SequencePosition from = buffer.GetPosition(GrpcFrame.HeadBytes);
        while (true)
        {
            ReadOnlySequence<byte> content = buffer.Slice(from);
            int taken = (int)Math.Min(content.Length, length - whole.Length);
            whole.Append(content.Slice(0, taken), Math.Max(length, 1));
            bool isMore = isOnly && content.Length > taken;
            reader.AdvanceTo(content.GetPosition(taken));
            if (isMore)
            {
                whole.Release();
                return Broken("The call has more than one message.");
            }

            if (whole.Length == length && !isOnly)
            {
                return Unpacked(whole, flag);
            }

            ReadResult result = await ReadMoreAsync(whole).ConfigureAwait(false);
            buffer = result.Buffer;
            from = buffer.Start;
            if (result.IsCompleted && buffer.IsEmpty)
            {
                reader.AdvanceTo(buffer.End);
                return whole.Length == length ? Unpacked(whole, flag) : CutShort(whole);
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> ReadMoreAsync(BodyBuffer whole)
    {
        try
        {
            return await reader.ReadAsync().ConfigureAwait(false);
        }
        catch
        {
            whole.Release();
            throw;
        }
    }

    private GrpcMessage? Refuse(byte flag, uint length)
    {
        if (length > messageBytesMax)
        {
            return GrpcMessage.Broken(InferErrors.TooLarge.At(
                string.Create(CultureInfo.InvariantCulture, $"A message may have {messageBytesMax} bytes.")));
        }

        return flag > 1 ? Broken("A message begins with 0 or 1.")
            : flag == 1 && !isGzip ? Broken("A message is compressed, and the call does not say how.")
            : null;
    }

    private GrpcMessage Unpacked(in BodyBuffer whole, byte flag) => flag == 0
        ? GrpcMessage.In(whole)
        : GzipMessage.Unpack(whole, messageBytesMax);

    private static GrpcMessage CutShort(in BodyBuffer whole)
    {
        whole.Release();
        return Broken("The call ends within a message.");
    }

    private static GrpcMessage Broken(string why) => GrpcMessage.Broken(InferErrors.MessageInvalid.At(why));
}
