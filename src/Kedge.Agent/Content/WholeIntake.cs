using Kedge.Core.Borders;
using Kedge.Zstd;

namespace Kedge.Agent.Content;

/// <summary>
/// Brings one representation whole, a chunk or an envelope, by way of a tail: it goes on where an attempt before broke
/// off, also one of an agent that was killed.
/// </summary>
/// <param name="source">The server.</param>
/// <param name="line">Pace and counters.</param>
/// <param name="tail">Where bytes wait; loaded.</param>
internal sealed class WholeIntake(IArtifactSource source, FetchLine line, TailFile tail)
{
    /// <summary>
    /// Brings all bytes of the representation into the tail; null once they are there, else what hindered. While each
    /// attempt brings something the next one follows at once.
    /// </summary>
    /// <param name="name">What is asked for.</param>
    /// <param name="head">What the tail is to be.</param>
    /// <param name="limits">By which way it is counted, and the most bytes of the content.</param>
    /// <param name="cancel">Gives up.</param>
    internal async ValueTask<StreamOutcome?> BringAsync(
        ContentName name, TailHead head, (string Way, int BytesMax) limits, CancellationToken cancel)
    {
        bool isHeld = tail.Head is { From: 0 } held && held.Kind == head.Kind && held.Of == head.Of
            && held.Total <= limits.BytesMax;
        if (!isHeld)
        {
            tail.Drop();
        }

        while (!tail.IsAtEnd)
        {
            int before = tail.Count;
            TailSink sink = new(tail, head, line, limits);
            StreamOutcome outcome = await source.StreamAsync(
                new ContentAsk
                {
                    Name = name,
                    From = tail.Count,
                    Tag = tail.Head?.Tag ?? "",
                    TakesZstd = tail.Count > 0 ? tail.Head!.IsZstd : ZstdLibrary.IsPresent, // Bytes have a head.
                },
                sink,
                cancel).ConfigureAwait(false);
            if (sink.Wrong is { } wrong)
            {
                return new StreamOutcome.Later(TimeSpan.Zero, wrong);
            }

            if (outcome is StreamOutcome.Later later && later.Problem.Code == AgentErrors.SourceWrong.Code)
            {
                // It cannot go on where we are: the next attempt begins anew.
                tail.Drop();
            }

            bool goesOn = tail.IsAtEnd
                || (outcome is StreamOutcome.Later && tail.Count - before >= AgentLimits.ResumeBytesMin);
            if (!goesOn)
            {
                return outcome;
            }
        }

        return null;
    }

    /// <summary>
    /// The content of what came; null, with an empty tail, where it is no frame of at most so many bytes.
    /// </summary>
    internal ReadOnlyMemory<byte>? Content(int bytesMax)
    {
        if (!tail.Head!.IsZstd) // Called once it came.
        {
            return tail.Bytes;
        }

        if (ZstdDecompressor.TryContentBytes(tail.Bytes.Span, out long bytes) && bytes > 0 && bytes <= bytesMax)
        {
            byte[] content = new byte[bytes];
            using ZstdDecompressor zstd = new();
            if (zstd.TryDecompress(tail.Bytes.Span, default, content))
            {
                return content;
            }
        }

        tail.Drop();
        return null;
    }
}
