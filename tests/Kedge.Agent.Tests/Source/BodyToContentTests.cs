using Kedge.Agent.Http;
using Kedge.Agent.Source;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Tests.Support.Devices;

namespace Kedge.Agent.Tests.Source;

/// <summary>Only an answer that fits what was asked for reaches who asked.</summary>
public sealed class BodyToContentTests
{
    private const string Tag = "\"a\"";

    [Theory]
    [InlineData(200, "", "", 100, 0, 100)]
    [InlineData(206, "bytes 40-99/100", "", 60, 40, 100)]
    [InlineData(206, "bytes 40-49/100", "", 10, 40, 100)]
    [InlineData(200, "", "zstd", 100, 0, 100)]
    public async Task What_fits_is_taken(
        int status, string range, string coding, long length, long from, long total)
    {
        (BodyToContent body, CollectingSink sink) = await BeginAsync(status, range, coding, length, Tag);
        Assert.Null(body.Wrong);
        Assert.Equal(new ContentHead(Tag, coding == "zstd", from, total), sink.Head);
    }

    [Theory]
    [InlineData(206, "bytes 39-99/100", "", 61, Tag, "another beginning")]
    [InlineData(206, "bytes 40-99/100", "", 61, Tag, "another length than the body")]
    [InlineData(206, "bytes 40-100/100", "", 61, Tag, "an end behind the end")]
    [InlineData(206, "bytes 40-39/100", "", 0, Tag, "an end before the beginning")]
    [InlineData(206, "bytes */100", "", 60, Tag, "no range")]
    [InlineData(206, "", "", 60, Tag, "no range at all")]
    [InlineData(206, "bytes 40-99/99999999999999999999", "", 60, Tag, "more than a number")]
    [InlineData(206, "bytes 40-99/100", "", 60, "\"b\"", "a part of something else")]
    [InlineData(200, "", "gzip", 100, Tag, "a coding that nobody asked for")]
    public async Task What_does_not_fit_is_not(
        int status, string range, string coding, long length, string tag, string why)
    {
        (BodyToContent body, CollectingSink sink) = await BeginAsync(status, range, coding, length, tag);
        Assert.True(body.Wrong?.Code == "KEDGE-AGENT-029", why);
        Assert.Null(sink.Head);
    }

    [Fact]
    public async Task A_weak_or_endless_tag_is_none()
    {
        foreach (string tag in new[] { "W/\"a\"", "\"" + new string('a', 200) + "\"", "bare" })
        {
            (BodyToContent body, CollectingSink sink) = await BeginAsync(200, "", "", 100, tag);
            Assert.Null(body.Wrong);
            Assert.Equal("", sink.Head?.Tag);
        }
    }

    private static async Task<(BodyToContent Body, CollectingSink Sink)> BeginAsync(
        int status, string range, string coding, long length, string tag)
    {
        CollectingSink sink = new();
        BodyToContent body = new(
            new ContentAsk
            {
                Name = new ContentName.Envelope(Digest.Of("x"u8)),
                From = status == 206 ? 40 : 0,
                Tag = Tag,
                TakesZstd = true,
            },
            sink);
        bool goesOn = await body.BeginAsync(
            new HttpHead(status, new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
            {
                ["Content-Range"] = range,
                ["Content-Encoding"] = coding,
                ["Content-Length"] = $"{length}",
                ["ETag"] = tag,
            }),
            default);
        Assert.Equal(body.Wrong is null, goesOn);
        return (body, sink);
    }
}
