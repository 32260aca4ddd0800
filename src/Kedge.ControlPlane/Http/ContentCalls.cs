using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using Kedge.ControlPlane.Content;
using Kedge.ControlPlane.Content.Deltas;
using Kedge.ControlPlane.Content.Pace;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Store.Contracts;
using Kedge.Wire.Desired;
using Kedge.Wire.Signing;
using Microsoft.Extensions.Logging;

namespace Kedge.ControlPlane.Http;

/// <summary>
/// Content, for devices: signed manifests, chunks, and differences between files. A device may fetch what its desired
/// state names and nothing else; whether something exists is not told to others.
/// </summary>
internal static partial class ContentCalls
{
    /// <summary>Media type of a difference (docs/protocol/delta.md).</summary>
    public const string DeltaType = "application/vnd.kedge.delta.v1";

    public static readonly ImmutableArray<Route> Routes =
    [
        new("GET", "/v1/packages/{digest}", Access.Device,
            "A signed package manifest; ranges and zstd are answered.", call => PacedAsync(call, PackageAsync)),
        new("GET", "/v1/chunks/{digest}", Access.Device,
            "The bytes of a chunk; ranges and zstd are answered.", call => PacedAsync(call, ChunkAsync)),
        new("GET", "/v1/deltas/{digest}", Access.Device,
            "A file, described by the file that ?base= names; ranges are answered.",
            call => PacedAsync(call, DeltaAsync)),
    ];

    /// <summary>Takes part in the line of the device's site for as long as the answer lasts.</summary>
    private static async Task PacedAsync(Call call, Func<Call, Task> answer)
    {
        using CancellationTokenSource ends =
            CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, call.Server.Stopping);
        using PaceTurn? turn = call.Server.Pace.Enter(call.Site, call.Device.Device, ends.Token);
        if (turn is null)
        {
            throw Later(
                call, ServerLimits.PaceRetry, ApiErrors.SiteBusy.At($"site {call.Site}: ask again after Retry-After"));
        }

        call.Turn = turn;
        try
        {
            await answer(call).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (call.Server.Stopping.IsCancellationRequested)
        {
            // A stop does not wait for a slow line: the device goes on where this broke off.
            call.Http.Abort();
        }
    }

    private static async Task PackageAsync(Call call)
    {
        Digest digest = call.PathDigest();
        ImmutableArray<Digest> named = await NamedAsync(call).ConfigureAwait(false);
        PackageContent? package = named.Contains(digest)
            ? await call.Server.Store.Packages.FindAsync(call.Tenant, digest, call.Aborted).ConfigureAwait(false)
            : null;
        if (package is null)
        {
            throw NotYours(digest);
        }

        ReadOnlyMemory<byte> plain = package.Envelope.AsMemory();
        Digest envelope = Digest.Of(plain.Span);
        ReadOnlyMemory<byte> coded =
            Codings.TakesZstd(call.Http.Request) ? call.Server.Envelopes.Encode(envelope, plain) : default;
        ReadOnlyMemory<byte> sent = coded.IsEmpty ? plain : coded;
        Representation form = new(
            $"\"{(coded.IsEmpty ? envelope : CodedTag(envelope, coded.Span))}\"",
            "application/json", coded.IsEmpty ? "" : Codings.Zstd, sent.Length)
        {
            Varies = true,
        };
        long bytes = await form.SendAsync(call, (first, count) => SendAsync(call, sent, first, count))
            .ConfigureAwait(false);
        call.Server.Content.CountPackage(bytes);
    }

    private static async Task ChunkAsync(Call call)
    {
        Digest digest = call.PathDigest();
        ImmutableArray<Digest> named = await NamedAsync(call).ConfigureAwait(false);
        bool allowed = !named.IsEmpty && await call.Server.Store.Chunks
            .IsInAnyAsync(call.Tenant, digest, named, call.Aborted).ConfigureAwait(false);
        if (!allowed)
        {
            throw NotYours(digest);
        }

        using StoredChunk chunk = Require(call, digest);
        bool isCoded = !chunk.Coded.IsEmpty && Codings.TakesZstd(call.Http.Request);
        ReadOnlyMemory<byte> sent = isCoded ? chunk.Coded : chunk.Plain;
        Representation form = new(
            isCoded ? $"\"{CodedTag(digest, sent.Span)}\"" : $"\"{digest}\"",
            "application/octet-stream", isCoded ? Codings.Zstd : "", sent.Length)
        {
            Varies = true,
        };
        long bytes = await form.SendAsync(call, (first, count) => SendAsync(call, sent, first, count))
            .ConfigureAwait(false);
        call.Server.Content.CountChunk(bytes);
    }

    /// <summary>
    /// A base that is no file of the same model is as good as none: the container says which base it is for.
    /// </summary>
    private static async Task DeltaAsync(Call call)
    {
        Digest target = call.PathDigest();
        Digest origin = BaseOf(call);
        ImmutableArray<Digest> named = await NamedAsync(call).ConfigureAwait(false);
        FileCatalog catalog = call.Server.Files;
        CataloguedFile? file = await catalog.FindAsync(named, target, call.Aborted).ConfigureAwait(false);
        if (file is null)
        {
            throw NotYours(target);
        }

        if (call.Server.Deltas is not DeltaDesk desk)
        {
            throw new CallRefused(404, ApiErrors.NoDelta.At(ServerErrors.DeltasOff.Cause));
        }

        CataloguedFile? known = origin.IsNone || origin == target
            ? null
            : await catalog.FindInModelAsync(file.Model, origin, call.Aborted).ConfigureAwait(false);
        DeltaOutcome outcome = await desk.AskAsync(new DeltaAsk(file, known), call.Aborted).ConfigureAwait(false);
        switch (outcome)
        {
            case DeltaOutcome.Ready ready:
                await SendAsync(call, ready.File).ConfigureAwait(false);
                return;
            case DeltaOutcome.Coming(var after):
                throw Coming(call, after);
            case DeltaOutcome.None(var why):
                throw new CallRefused(404, ApiErrors.NoDelta.At(why.ToString()));
            default:
                throw Check.Unreachable(outcome);
        }
    }

    private static Digest BaseOf(Call call)
    {
        string text = call.Query("base");
        return text.Length == 0 ? default
            : Digest.TryParse(text, out Digest origin) ? origin
            : throw new CallRefused(400, ApiErrors.Parameter.At($"'{Call.Shown(text)}' is no digest", "base"));
    }

    private static CallRefused Coming(Call call, TimeSpan after) =>
        Later(call, after, ApiErrors.DeltaComing.At("ask again after the time of Retry-After"));

    private static CallRefused Later(Call call, TimeSpan after, Finding why)
    {
        call.Http.Response.Headers.RetryAfter =
            ((long)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return new CallRefused(503, why);
    }

    private static async Task SendAsync(Call call, KeptDelta delta)
    {
        FileStream? file = DeltaFolder.Open(delta);
        if (file is null)
        {
            throw Coming(call, TimeSpan.FromSeconds(1));
        }

        await using (file.ConfigureAwait(false))
        {
            Representation form = new($"\"{delta.Digest}\"", DeltaType, "", delta.Bytes);
            long bytes = await form.SendAsync(call, (first, count) => SendAsync(call, file, first, count))
                .ConfigureAwait(false);
            call.Server.Content.CountDelta(bytes);
        }
    }

    private static async Task SendAsync(Call call, FileStream file, long first, long count)
    {
        byte[] part = ArrayPool<byte>.Shared.Rent(64 * Limits.KiB);
        try
        {
            file.Position = first;
            while (count > 0)
            {
                int read = await file.ReadAsync(part.AsMemory(0, (int)Math.Min(part.Length, count)), call.Aborted)
                    .ConfigureAwait(false);
                if (read == 0)
                {
                    throw new EndOfStreamException($"{file.Name} has become shorter");
                }

                await WriteAsync(call, part.AsMemory(0, read)).ConfigureAwait(false);
                count -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(part);
        }
    }

    private static Task SendAsync(Call call, ReadOnlyMemory<byte> bytes, long first, long count) =>
        WriteAsync(call, bytes.Slice((int)first, (int)count));

    private static Task WriteAsync(Call call, ReadOnlyMemory<byte> bytes)
    {
        Check.That(call.Turn is not null);
        return call.Turn.WriteAsync(call.Http.Response.Body, bytes);
    }

    private static StoredChunk Require(Call call, Digest digest)
    {
        ChunkReading reading = call.Server.Chunks.Read(digest);
        switch (reading)
        {
            case ChunkReading.Found(var chunk):
                return chunk;
            case ChunkReading.Damaged or ChunkReading.Absent:
                string what = reading is ChunkReading.Damaged ? "has changed" : "is missing";
                ChunkDamaged(call.Server.Log, digest, what);
                throw new CallRefused(503, ApiErrors.ContentDamaged.At($"chunk {digest.Short} {what}"));
            default:
                throw Check.Unreachable(reading);
        }
    }

    /// <summary>
    /// Another library may code the same bytes otherwise, and a device may go on at another server: so a coded form is
    /// named by its own bytes too.
    /// </summary>
    private static string CodedTag(Digest plain, ReadOnlySpan<byte> coded) =>
        $"{plain};{Codings.Zstd}={Digest.Of(coded).Short}";

    /// <summary>Packages that the device's desired state names.</summary>
    private static async Task<ImmutableArray<Digest>> NamedAsync(Call call)
    {
        DesiredRow? row = await call.Server.Store.Desired
            .FindAsync(call.Tenant, call.Device.Device, call.Aborted).ConfigureAwait(false);
        return row is not null
            && SignedMessage.TryParse(row.Signed.AsMemory(), out _) is { } signed
            && DesiredMessage.TryRead(signed.Body, out _) is { } state
            ? [.. state.Workloads.SelectMany(w => w.Models).Select(m => m.Package).Distinct()]
            : [];
    }

    private static CallRefused NotYours(Digest digest) =>
        new(403, ApiErrors.NotYours.At($"{digest.Short} is not named by the device's desired state"));

    [LoggerMessage(EventIds.ChunkDamaged, LogLevel.Error, "Chunk {Digest} {What} on this server's disk")]
    private static partial void ChunkDamaged(ILogger log, Digest digest, string what);
}
