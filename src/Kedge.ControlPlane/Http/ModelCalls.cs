using System.Collections.Immutable;
using System.Text;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Content.Packages;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Manifests;
using Kedge.Core.Models;
using Kedge.Store;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Http;

/// <summary>Calls about models, their packages and tags.</summary>
internal static class ModelCalls
{
    public static readonly ImmutableArray<Route> Routes =
    [
        new("GET", "/api/v1/models", Access.Viewer, "All models with their tags; watch.", ListAsync),
        new("GET", "/api/v1/models/{name}", Access.Viewer, "One model.", GetAsync),
        new("PUT", "/api/v1/models/{name}/tags/{tag}", Access.Admin, "Points a tag at a package.", TagAsync),
        new("DELETE", "/api/v1/models/{name}/tags/{tag}", Access.Admin, "Removes a tag.", UntagAsync),
        new("GET", "/api/v1/models/{name}/tags/{tag}/history", Access.Viewer,
            "What a tag named, newest first.", HistoryAsync),
        new("GET", "/api/v1/packages", Access.Viewer, "Packages, newest first; model.", ListPackagesAsync),
        new("GET", "/api/v1/packages/{digest}", Access.Viewer, "One package with its envelope.", GetPackageAsync),
        new("DELETE", "/api/v1/packages/{digest}", Access.Admin,
            "Removes a package that nothing names.", DeletePackageAsync),
    ];

    private static async Task ListAsync(Call call)
    {
        if (call.Flag("watch"))
        {
            await WatchStream.RunAsync(
                call, ct => ReadAsync(call, ct), m => m.Name, ApiJson.Default.WatchEventModelResource)
                .ConfigureAwait(false);
            return;
        }

        ResourceList<ModelResource> list = new()
        {
            Items = await ReadAsync(call, call.Aborted).ConfigureAwait(false),
            Revision = await call.Server.Store.RevisionAsync(call.Aborted).ConfigureAwait(false),
        };
        await call.ReplyAsync(list, ApiJson.Default.ResourceListModelResource).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<ModelResource>> ReadAsync(Call call, CancellationToken ct) =>
        [.. (await Pages.ModelsAsync(call.Server, ct).ConfigureAwait(false)).Select(Shown)];

    private static Task GetAsync(Call call) => ReplyModelAsync(call, call.Path("name"));

    private static async Task ReplyModelAsync(Call call, string name)
    {
        List<ModelRow> rows = await Pages.ModelsAsync(call.Server, call.Aborted).ConfigureAwait(false);
        ModelRow row = rows.FirstOrDefault(r => r.Name == name) ?? throw Call.NotFound($"model '{Call.Shown(name)}'");
        await call.ReplyAsync(Shown(row), ApiJson.Default.ModelResource).ConfigureAwait(false);
    }

    private static async Task TagAsync(Call call)
    {
        string name = call.Path("name");
        string tag = call.Path("tag");
        TagRequest request = await call.ReadAsync(ApiJson.Default.TagRequest).ConfigureAwait(false);
        if (!Ids.IsName(name) || !PackageReference.IsTag(tag) || !Digest.TryParse(request.Digest, out Digest digest))
        {
            throw new CallRefused(400, ApiErrors.Parameter.At("the model, the tag or the digest is out of its rules"));
        }

        TagMove move = new()
        {
            Name = name, Tag = tag, Digest = digest, Expected = Expected(request), AtMs = call.Server.NowMs,
        };
        TagOutcome outcome =
            await call.Server.Store.Packages.MoveTagAsync(call.Tenant, move, call.Aborted).ConfigureAwait(false);
        if (outcome is TagOutcome.PackageMissing)
        {
            throw new CallRefused(409, ApiErrors.PackageUnknown.At($"model '{name}' has no package {digest.Short}"));
        }

        if (outcome is TagOutcome.Conflict(var held))
        {
            string names = held.IsNone ? "is not there" : $"names {held.Short}";
            throw new CallRefused(409, ApiErrors.Conflict.At($"tag '{name}:{tag}' {names}"));
        }

        await ReplyModelAsync(call, name).ConfigureAwait(false);
    }

    /// <summary>Null for whichever package it names; the default digest when it must not exist.</summary>
    private static Digest? Expected(TagRequest request) => request.Expected switch
    {
        null => null,
        "" => default(Digest),
        string text => Digest.TryParse(text, out Digest digest)
            ? digest
            : throw new CallRefused(400, ApiErrors.Parameter.At($"'{Call.Shown(text)}' is no digest", "expected")),
    };

    private static async Task HistoryAsync(Call call)
    {
        ImmutableArray<TagRow> rows = await call.Server.Store.Packages
            .TagHistoryAsync(call.Tenant, call.Path("name"), call.Path("tag"), call.Aborted).ConfigureAwait(false);
        if (rows.IsEmpty)
        {
            throw Call.NotFound($"tag '{Call.Shown(call.Path("name"))}:{Call.Shown(call.Path("tag"))}'");
        }

        ResourceList<TagMoveResource> list = new()
        {
            Items = [.. rows.Select(static row => new TagMoveResource(row.Tag, row.Digest.ToString(), row.MovedAtMs))],
            Revision = rows[0].Revision,
        };
        await call.ReplyAsync(list, ApiJson.Default.ResourceListTagMoveResource).ConfigureAwait(false);
    }

    private static async Task UntagAsync(Call call)
    {
        bool there = await call.Server.Store.Packages
            .DeleteTagAsync(call.Tenant, call.Path("name"), call.Path("tag"), call.Aborted).ConfigureAwait(false);
        if (!there)
        {
            throw Call.NotFound($"tag '{Call.Shown(call.Path("name"))}:{Call.Shown(call.Path("tag"))}'");
        }

        call.Http.Response.StatusCode = 204;
    }

    private static async Task ListPackagesAsync(Call call)
    {
        string model = call.Query("model");
        Page<PackageRow> page = await call.Server.Store.Packages
            .ListAsync(call.Tenant, model.Length > 0 ? model : null, null, StoreLimits.PageRowsMax, call.Aborted)
            .ConfigureAwait(false);
        Dictionary<Digest, List<string>> tags = await TagsAsync(call).ConfigureAwait(false);
        List<PackageResource> items = [];
        foreach (PackageRow row in page.Items)
        {
            PackageContent? content =
                await call.Server.Store.Packages.FindAsync(call.Tenant, row.Digest, call.Aborted).ConfigureAwait(false);
            items.Add(await ShownAsync(call, row, content, tags).ConfigureAwait(false));
        }

        ResourceList<PackageResource> list = new() { Items = items, Revision = page.Revision };
        await call.ReplyAsync(list, ApiJson.Default.ResourceListPackageResource).ConfigureAwait(false);
    }

    private static async Task GetPackageAsync(Call call)
    {
        Digest digest = call.PathDigest();
        PackageContent content =
            await call.Server.Store.Packages.FindAsync(call.Tenant, digest, call.Aborted).ConfigureAwait(false)
            ?? throw Call.NotFound($"package {digest.Short}");
        Dictionary<Digest, List<string>> tags = await TagsAsync(call).ConfigureAwait(false);
        PackageResource resource = await ShownAsync(call, content.Row, content, tags).ConfigureAwait(false) with
        {
            Envelope = Encoding.UTF8.GetString(content.Envelope.AsSpan()),
        };
        await call.ReplyAsync(resource, ApiJson.Default.PackageResource).ConfigureAwait(false);
    }

    private static async Task DeletePackageAsync(Call call)
    {
        Digest digest = call.PathDigest();
        PackageDeletion outcome =
            await call.Server.Store.Packages.DeleteAsync(call.Tenant, digest, call.Aborted).ConfigureAwait(false);
        switch (outcome)
        {
            case PackageDeletion.Deleted:
                call.Http.Response.StatusCode = 204;
                return;
            case PackageDeletion.NotFound:
                throw Call.NotFound($"package {digest.Short}");
            case PackageDeletion.Referenced(var deployment):
                throw new CallRefused(409, ApiErrors.InUse.At($"a revision of deployment '{deployment}' names it"));
            default:
                throw Check.Unreachable(outcome);
        }
    }

    private static async Task<Dictionary<Digest, List<string>>> TagsAsync(Call call)
    {
        Dictionary<Digest, List<string>> tags = [];
        foreach (ModelRow model in await Pages.ModelsAsync(call.Server, call.Aborted).ConfigureAwait(false))
        {
            foreach (TagRow tag in model.Tags)
            {
                if (!tags.TryGetValue(tag.Digest, out List<string>? names))
                {
                    tags[tag.Digest] = names = [];
                }

                names.Add(tag.Tag);
            }
        }

        return tags;
    }

    private static async Task<PackageResource> ShownAsync(
        Call call, PackageRow row, PackageContent? content, Dictionary<Digest, List<string>> tags)
    {
        PackageManifest? manifest = null;
        if (content is not null)
        {
            PackageFormat.TryRead(Encoding.UTF8.GetBytes(content.ManifestJson), out manifest, out _);
        }

        SigningPolicyDocument policy = await PolicyCalls.CurrentAsync(call.Server, call.Aborted).ConfigureAwait(false);
        Kedge.Content.Trust.PackageOutcome? judged =
            content is null ? null : PackageTrust.Judge(
                content.Envelope.AsSpan(), policy, row.Digest, PolicyCalls.ClockOf(call.Server));
        return new PackageResource
        {
            Name = row.Name,
            Digest = row.Digest.ToString(),
            Tags = tags.TryGetValue(row.Digest, out List<string>? names) ? names : [],
            Bytes = row.Bytes,
            StoredAtMs = row.CreatedAtMs,
            Variants = manifest is null
                ? []
                : [.. manifest.Variants.Select(
                    v => $"{v.Name} ({ModelFormats.Word(v.Format)}, {Wire.Words.Of(v.Accelerator)})")],
            Golden = manifest?.Golden?.Source switch
            {
                GoldenSource.Author => "author",
                GoldenSource.Recorded => "recorded",
                GoldenSource.Unknown or null => "",
            },
            SignedBy = judged is Kedge.Content.Trust.PackageOutcome.Trusted trusted ? [trusted.KeyId.ToString()] : [],
        };
    }

    private static ModelResource Shown(ModelRow row) => new()
    {
        Name = row.Name,
        Tags = [.. row.Tags.Select(t => new TagResource(t.Tag, t.Digest.ToString()))],
        Packages = row.PackageCount,
        NewestAtMs = row.NewestAtMs,
    };
}
