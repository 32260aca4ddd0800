using System.Collections.Immutable;
using System.Text;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Content.Trust;
using Kedge.ControlPlane.Content;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Inference.Graphs;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Http;

/// <summary>
/// Uploading: the envelope first, which says how large the whole is and whether it may come in; the answer lists the
/// chunks that are missing; then the envelope again. A package is stored only whole, and only signed by a key that the
/// policy allows.
/// </summary>
internal static class UploadCalls
{
    public static readonly ImmutableArray<Route> Routes =
    [
        new("POST", "/api/v1/packages", Access.Admin,
            "Stores a package whose chunks are there, else lists those that are missing (202).", PushAsync),
        new("POST", "/api/v1/chunks/missing", Access.Admin, "Which of these chunks are missing.", MissingAsync),
        new("PUT", "/api/v1/chunks/{digest}", Access.Admin, "Uploads a chunk.", PutChunkAsync),
        new("HEAD", "/api/v1/chunks/{digest}", Access.Admin, "Whether a chunk is there.", HeadChunkAsync),
    ];

    private static async Task PushAsync(Call call)
    {
        byte[] envelope = await call.ReadBytesAsync(ModelLimits.EnvelopeBytesMax).ConfigureAwait(false);
        SigningPolicyDocument policy = await PolicyCalls.CurrentAsync(call.Server, call.Aborted).ConfigureAwait(false);
        Kedge.Content.Trust.PackageOutcome judged = PackageTrust.Judge(
            envelope, policy, expected: default, PolicyCalls.ClockOf(call.Server));
        if (judged is Kedge.Content.Trust.PackageOutcome.Refused(var findings))
        {
            string why = findings.IsEmpty ? "it cannot be read" : findings[0].Message;
            throw new CallRefused(422, ApiErrors.PackageRefused.At(why), findings);
        }

        var package = (Kedge.Content.Trust.PackageOutcome.Trusted)judged;
        RequireSize(call, package.Manifest);
        ImmutableArray<ChunkRef> chunks =
            [.. package.Manifest.AllFiles().SelectMany(f => f.Chunks).DistinctBy(c => c.Digest)];
        List<string> missing = await MissingOfAsync(call, [.. chunks.Select(c => c.Digest)]).ConfigureAwait(false);
        if (missing.Count > 0)
        {
            await ReplyAsync(call, package.Identity, created: false, missing, 202).ConfigureAwait(false);
            return;
        }

        RequireGraph(call, package.Manifest);
        await StoreAsync(call, package, envelope, chunks).ConfigureAwait(false);
    }

    private static async Task StoreAsync(
        Call call, Kedge.Content.Trust.PackageOutcome.Trusted package, byte[] envelope, ImmutableArray<ChunkRef> chunks)
    {
        Dsse.TryParse(envelope, out DsseEnvelope? parsed, out _);
        Check.That(parsed is not null);
        call.Server.Chunks.SyncFolders(chunks.Select(c => c.Digest));
        PackageWrite write = new()
        {
            Digest = package.Identity.Digest,
            Name = package.Identity.Name,
            Envelope = [.. envelope],
            ManifestJson = Encoding.UTF8.GetString(parsed.Payload.Span),
            Chunks = chunks,
            AtMs = call.Server.NowMs,
        };
        Store.Contracts.PackageOutcome outcome =
            await call.Server.Store.Packages.PutAsync(call.Tenant, write, call.Aborted).ConfigureAwait(false);
        call.Server.Wakeups.Plan.Wake();
        switch (outcome)
        {
            case Store.Contracts.PackageOutcome.Stored:
                await ReplyAsync(call, package.Identity, created: true, [], 201).ConfigureAwait(false);
                return;
            case Store.Contracts.PackageOutcome.AlreadyThere or Store.Contracts.PackageOutcome.OtherEnvelope:
                await ReplyAsync(call, package.Identity, created: false, [], 200).ConfigureAwait(false);
                return;
            case Store.Contracts.PackageOutcome.ChunksMissing(var gone):
                List<string> missing = [.. gone.Select(d => d.ToString())];
                await ReplyAsync(call, package.Identity, created: false, missing, 202).ConfigureAwait(false);
                return;
            default:
                throw Check.Unreachable(outcome);
        }
    }

    private static Task ReplyAsync(
        Call call, PackageIdentity identity, bool created, IReadOnlyList<string> missing, int status)
    {
        PushResource answer = new()
        {
            Name = identity.Name,
            Digest = identity.Digest.ToString(),
            Created = created,
            MissingChunks = missing,
        };
        return call.ReplyAsync(answer, ApiJson.Default.PushResource, status);
    }

    /// <summary>The size is refused by what the manifest says, before one byte of content is taken.</summary>
    private static void RequireSize(Call call, PackageManifest manifest)
    {
        long bytes = manifest.AllFiles().Sum(f => f.Bytes);
        if (bytes > call.Server.Options.PackageBytesMax)
        {
            throw new CallRefused(413, ApiErrors.TooLarge.At(
                $"the package has {bytes} bytes, this server takes {call.Server.Options.PackageBytesMax}"));
        }
    }

    /// <summary>
    /// What goes around the models is read here, as the device will read it: a fleet must not find out.
    /// </summary>
    private static void RequireGraph(Call call, PackageManifest manifest)
    {
        ImmutableArray<Finding> findings = PackageGraphCheck.Findings(
            manifest, path => PackageFiles.Read(call.Server.Chunks, manifest, path));
        if (!findings.IsEmpty)
        {
            throw new CallRefused(422, ApiErrors.PackageRefused.At(findings[0].Message), findings);
        }
    }

    private static async Task MissingAsync(Call call)
    {
        DigestList asked = await call.ReadAsync(ApiJson.Default.DigestList).ConfigureAwait(false);
        if (asked.Digests is null || asked.Digests.Count > ServerLimits.ChunkQueryMax)
        {
            throw new CallRefused(400, ApiErrors.Parameter.At($"up to {ServerLimits.ChunkQueryMax} digests are taken"));
        }

        List<Digest> digests = [];
        foreach (string text in asked.Digests)
        {
            digests.Add(Digest.TryParse(text, out Digest digest)
                ? digest
                : throw new CallRefused(
                    400, ApiErrors.Parameter.At($"'{Call.Shown(text ?? "")}' is no digest", "digests")));
        }

        List<string> missing = await MissingOfAsync(call, digests).ConfigureAwait(false);
        await call.ReplyAsync(new DigestList(missing), ApiJson.Default.DigestList).ConfigureAwait(false);
    }

    /// <summary>Missing is what the tenant does not have, and what the index has but the folder lost.</summary>
    private static async Task<List<string>> MissingOfAsync(Call call, List<Digest> digests)
    {
        List<string> missing = [];
        foreach (Digest[] part in digests.Distinct().Chunk(ServerLimits.ChunkQueryMax))
        {
            ImmutableArray<Digest> unknown =
                await call.Server.Store.Chunks.MissingAsync(call.Tenant, part, call.Aborted).ConfigureAwait(false);
            HashSet<Digest> gone = [.. unknown];
            missing.AddRange(part.Where(d => gone.Contains(d) || !call.Server.Chunks.Has(d)).Select(d => d.ToString()));
        }

        return missing;
    }

    private static async Task PutChunkAsync(Call call)
    {
        Digest digest = call.PathDigest();
        bool isCoded = Codings.IsZstdBody(call);
        call.LimitBody(isCoded ? ChunkCoding.FrameBytesMax : Limits.ChunkBytesMax);
        (ChunkVerdict verdict, int bytes) = await call.Server.Chunks
            .StoreAsync(digest, call.Http.Request.Body, isCoded, call.Aborted).ConfigureAwait(false);
        switch (verdict)
        {
            case ChunkVerdict.Stored:
                ChunkRef chunk = new(digest, bytes);
                await call.Server.Store.Chunks
                    .AddAsync(call.Tenant, [chunk], call.Server.NowMs, call.Aborted).ConfigureAwait(false);
                call.Http.Response.StatusCode = 204;
                return;
            case ChunkVerdict.DigestMismatch:
                throw new CallRefused(422, ApiErrors.DigestMismatch.At($"announced was {digest.Short}"));
            case ChunkVerdict.TooLarge:
                throw new CallRefused(413, ApiErrors.TooLarge.At($"a chunk has at most {Limits.ChunkBytesMax} bytes"));
            case ChunkVerdict.Empty:
                throw new CallRefused(400, ApiErrors.Malformed.At("a chunk has at least one byte"));
            case ChunkVerdict.Undecodable:
                throw new CallRefused(400, ApiErrors.Undecodable.At($"announced was {digest.Short}"));
            case ChunkVerdict.Unknown:
            default:
                throw Check.Unreachable(verdict);
        }
    }

    private static async Task HeadChunkAsync(Call call)
    {
        Digest digest = call.PathDigest();
        int? bytes = await call.Server.Store.Chunks.FindAsync(call.Tenant, digest, call.Aborted).ConfigureAwait(false);
        if (bytes is null || !call.Server.Chunks.Has(digest))
        {
            throw Call.NotFound($"chunk {digest.Short}");
        }

        call.Http.Response.ContentLength = bytes;
    }
}
