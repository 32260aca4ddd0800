using Kedge.Agent.Http;
using Kedge.Core.Borders;
using Kedge.Core.Errors;

namespace Kedge.Agent.Source;

/// <summary>
/// Hands the body of an answer to whoever asked for content, once its head fits what was asked for: the range that was
/// wanted of the representation that was named, or a representation from its beginning.
/// </summary>
/// <param name="ask">What was asked for.</param>
/// <param name="sink">Who takes it.</param>
internal sealed class BodyToContent(ContentAsk ask, IContentSink sink) : IBodySink
{
    /// <summary>Why the head was not taken; null where it was.</summary>
    internal Finding? Wrong { get; private set; }

    public ValueTask<bool> BeginAsync(HttpHead head, CancellationToken cancel)
    {
        string tag = head["etag"];
        string coding = head["content-encoding"];
        bool isPart = head.Status == 206;
        (long From, long Total)? range = isPart ? head.Range : (0, head.BodyBytes ?? 0);
        bool isStrong = tag.StartsWith('"') && tag.Length <= ContentAsk.TagCharsMax;
        string? why =
            range is null || (isPart && range.Value.From != ask.From)
                ? $"asked for bytes from {ask.From} on, it gives '{head["content-range"]}'"
            : isPart && ask.To > 0 && range.Value.From + head.BodyBytes > ask.To
                ? $"asked for bytes before {ask.To}, it gives '{head["content-range"]}'"
            : isPart && ask.Tag.Length > 0 && tag != ask.Tag ? $"asked for a part of {ask.Tag}, it gives one of {tag}"
            : coding.Length > 0 && !(ask.TakesZstd && coding == "zstd") ? $"nobody asked for the coding {coding}"
            : null;
        if (why is not null)
        {
            Wrong = AgentErrors.SourceWrong.At(why);
            return new ValueTask<bool>(false);
        }

        return sink.BeginAsync(
            new ContentHead(isStrong ? tag : "", coding == "zstd", range!.Value.From, range.Value.Total), cancel);
    }

    public ValueTask<bool> TakeAsync(ReadOnlyMemory<byte> piece, CancellationToken cancel) =>
        sink.TakeAsync(piece, cancel);
}
