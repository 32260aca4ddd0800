using Kedge.Core.Borders;
using Kedge.Core.Device;

namespace Kedge.Agent.Content;

/// <summary>
/// Puts what arrives into a tail: behind what is there where the source goes on, else from the beginning.
/// </summary>
/// <param name="tail">Where it goes.</param>
/// <param name="head">What the tail is to be.</param>
/// <param name="line">Pace and counters.</param>
/// <param name="limits">By which way it is counted, and the most bytes that are taken.</param>
internal sealed class TailSink(TailFile tail, TailHead head, FetchLine line, (string Way, int BytesMax) limits)
    : IContentSink
{
    /// <summary>Why nothing was taken; null where it was.</summary>
    internal Problem? Wrong { get; private set; }

    public ValueTask<bool> BeginAsync(ContentHead come, CancellationToken cancel)
    {
        bool goesOn = tail.Head is { } held && come.From == tail.Count && come.From > 0
            && held.Tag == come.Tag && held.IsZstd == come.IsZstd && held.Total == come.Bytes;
        if (goesOn)
        {
            return new ValueTask<bool>(true);
        }

        if (come.From > 0 || come.Bytes > limits.BytesMax)
        {
            Wrong = new Problem(
                AgentErrors.SourceWrong.Code,
                come.From > 0
                    ? $"it goes on at byte {come.From} of another representation"
                    : $"it has {come.Bytes} bytes where {limits.BytesMax} are the most that it can have");
            if (come.From > 0)
            {
                tail.Drop();
            }

            return new ValueTask<bool>(false);
        }

        tail.Begin(head with { Tag = come.Tag, IsZstd = come.IsZstd, From = 0, Total = come.Bytes });
        return new ValueTask<bool>(true);
    }

    public async ValueTask<bool> TakeAsync(ReadOnlyMemory<byte> piece, CancellationToken cancel)
    {
        tail.Add(piece.Span);
        line.Count(limits.Way, piece.Length);
        await line.PayAsync(piece.Length, cancel).ConfigureAwait(false);
        return true;
    }
}
