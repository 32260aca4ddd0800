using System.Text.Json;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Models;
using Kedge.Tests.Support.Devices;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>What <see cref="IArtifactSource"/> promises, asked of every driver alike.</summary>
public abstract class ArtifactSourceConformance
{
    [Fact]
    public async Task What_is_there_comes_whole_also_where_a_part_came_before()
    {
        await using ISourceStage stage = await StageAsync();
        CollectingSink envelope = await TakeAsync(stage, Envelope(stage.Package.Digest));
        Assert.Equal(stage.Package.Envelope, envelope.Content(ModelLimits.EnvelopeBytesMax));
        foreach (byte[] chunk in stage.Package.Chunks)
        {
            CollectingSink whole = await TakeAsync(stage, Chunk(chunk));
            Assert.Equal(chunk, whole.Content(chunk.Length));
            Assert.Equal(0, whole.Head!.From);
            Assert.Equal(chunk.Length, whole.Head.Bytes);
            CollectingSink rest = await TakeAsync(stage, Chunk(chunk) with { From = 1000, Tag = whole.Head.Tag });
            Assert.Equal(whole.Head with { From = 1000 }, rest.Head);
            Assert.Equal(chunk[1000..], rest.Bytes);
            CollectingSink middle = await TakeAsync(
                stage, Chunk(chunk) with { From = 1000, To = 1007, Tag = whole.Head.Tag });
            Assert.Equal(chunk[1000..1007], middle.Bytes);
        }
    }

    [Fact]
    public async Task A_part_of_a_representation_that_is_not_there_any_more_comes_from_its_beginning()
    {
        await using ISourceStage stage = await StageAsync();
        byte[] chunk = stage.Package.Chunks[0];
        CollectingSink other = await TakeAsync(
            stage, Chunk(chunk) with { From = 1000, Tag = "\"of another server\"" });
        Assert.Equal(0, other.Head!.From);
        Assert.Equal(chunk, other.Bytes);
    }

    [Fact]
    public async Task A_sink_that_wants_no_more_stops_it_and_the_next_stream_is_right()
    {
        await using ISourceStage stage = await StageAsync();
        byte[] chunk = stage.Package.Chunks[0];
        CollectingSink none = new() { BytesMax = -1 };
        Assert.IsType<StreamOutcome.Stopped>(await stage.Source.StreamAsync(Chunk(chunk), none, default));
        Assert.Empty(none.Bytes);
        Assert.Equal(chunk, (await TakeAsync(stage, Chunk(chunk))).Bytes);
    }

    [Fact]
    public async Task What_nobody_named_for_this_device_is_absent_or_refused_and_not_to_be_tried_again()
    {
        await using ISourceStage stage = await StageAsync();
        Digest other = Digest.Of("nothing"u8);
        IsNo(await AskAsync(Envelope(other)));
        IsNo(await AskAsync(new ContentAsk { Name = new ContentName.OneChunk(new ChunkRef(other, 100)) }));
        IsNo(await AskAsync(new ContentAsk { Name = new ContentName.Delta(other, default) }));
        ValueTask<StreamOutcome> AskAsync(ContentAsk ask) =>
            stage.Source.StreamAsync(ask, new CollectingSink(), default);
        static void IsNo(StreamOutcome outcome) =>
            Assert.True(outcome is StreamOutcome.NotFound or StreamOutcome.Refused, $"{outcome}");
    }

    [Fact]
    public async Task The_documents_of_the_owner_are_json()
    {
        await using ISourceStage stage = await StageAsync();
        using JsonDocument trust = JsonDocument.Parse(Bytes(await stage.Source.GetTrustAsync(default)));
        Assert.Equal(JsonValueKind.Object, trust.RootElement.ValueKind);
    }

    [Fact]
    public async Task The_documents_of_the_owner_come_while_content_is_still_on_its_way()
    {
        await using ISourceStage stage = await StageAsync();
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        AskingSink sink = new(stage.Source);
        Assert.IsType<StreamOutcome.Done>(
            await stage.Source.StreamAsync(Chunk(stage.Package.Chunks[0]), sink, deadline.Token));
        Assert.IsType<FetchOutcome.Done>(sink.Trust);
    }

    [Fact]
    public async Task Where_nobody_answers_it_is_to_be_tried_again()
    {
        await using ISourceStage stage = await StageAsync();
        await stage.LeaveAsync();
        byte[] chunk = stage.Package.Chunks[0];
        Again(await stage.Source.StreamAsync(Envelope(stage.Package.Digest), new CollectingSink(), default));
        Again(await stage.Source.StreamAsync(Chunk(chunk), new CollectingSink(), default));
        Retry(await stage.Source.GetTrustAsync(default));
        Retry(await stage.Source.RenewAsync("{}"u8.ToArray(), default));
        static void Again(StreamOutcome outcome) =>
            Assert.NotEqual("", Assert.IsType<StreamOutcome.Later>(outcome).Problem.Code);
        static void Retry(FetchOutcome outcome) =>
            Assert.NotEqual("", Assert.IsType<FetchOutcome.RetryLater>(outcome).Problem.Code);
    }

    internal abstract Task<ISourceStage> StageAsync();

    private static ContentAsk Envelope(Digest package) => new()
    {
        Name = new ContentName.Envelope(package),
        TakesZstd = true,
    };

    private static ContentAsk Chunk(byte[] chunk) => new()
    {
        Name = new ContentName.OneChunk(new ChunkRef(Digest.Of(chunk), chunk.Length)),
    };

    private static async Task<CollectingSink> TakeAsync(ISourceStage stage, ContentAsk ask)
    {
        CollectingSink sink = new();
        Assert.IsType<StreamOutcome.Done>(await stage.Source.StreamAsync(ask, sink, default));
        return sink;
    }

    /// <summary>Takes a piece only after the owner's documents came.</summary>
    private sealed class AskingSink(IArtifactSource source) : IContentSink
    {
        public FetchOutcome? Trust { get; private set; }

        public ValueTask<bool> BeginAsync(ContentHead head, CancellationToken cancel) => ValueTask.FromResult(true);

        public async ValueTask<bool> TakeAsync(ReadOnlyMemory<byte> piece, CancellationToken cancel)
        {
            Trust ??= await source.GetTrustAsync(cancel);
            return true;
        }
    }

    private static byte[] Bytes(FetchOutcome outcome) => Assert.IsType<FetchOutcome.Done>(outcome).Bytes.ToArray();
}

/// <summary>A device that may have one package.</summary>
internal interface ISourceStage : IAsyncDisposable
{
    IArtifactSource Source { get; }

    TestPackage Package { get; }

    /// <summary>From now on nobody answers.</summary>
    Task LeaveAsync();
}

/// <summary>Over HTTPS from a real server.</summary>
public sealed class HttpsArtifactSourceTests : ArtifactSourceConformance
{
    internal override async Task<ISourceStage> StageAsync() => await ServerStage.MakeAsync();
}

/// <summary>The driver in memory, which most other tests of the agent stand on.</summary>
public sealed class MemoryArtifactSourceTests : ArtifactSourceConformance
{
    internal override Task<ISourceStage> StageAsync() => Task.FromResult<ISourceStage>(new MemoryStage());

    private sealed class MemoryStage : ISourceStage
    {
        private readonly MemorySource _source = new() { Trust = "{}"u8.ToArray() };

        public MemoryStage()
        {
            using System.Security.Cryptography.ECDsa key = System.Security.Cryptography.ECDsa.Create(
                System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
            Package = TestPackage.Make(key, "bearing", 1);
            _source.Envelopes[Package.Digest] = Package.Envelope;
            foreach (byte[] chunk in Package.Chunks)
            {
                _source.Chunks[Digest.Of(chunk)] = chunk;
            }
        }

        public IArtifactSource Source => _source;

        public TestPackage Package { get; }

        public Task LeaveAsync()
        {
            _source.IsAway = true;
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
