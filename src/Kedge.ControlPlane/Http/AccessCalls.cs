using System.Collections.Immutable;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.ControlPlane.Auth;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Manifests;
using Kedge.Store;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Http;

/// <summary>
/// Calls about who may come in: enrolment tokens and credentials. Secrets are shown once, when they are made.
/// </summary>
internal static class AccessCalls
{
    public static readonly ImmutableArray<Route> Routes =
    [
        new("GET", "/api/v1/enrollmenttokens", Access.Viewer, "Enrolment tokens, without secrets.", ListTokensAsync),
        new("POST", "/api/v1/enrollmenttokens", Access.Admin, "Makes an enrolment token.", CreateTokenAsync),
        new("DELETE", "/api/v1/enrollmenttokens/{name}", Access.Admin, "Removes an enrolment token.", DeleteTokenAsync),
        new("GET", "/api/v1/credentials", Access.Admin, "Credentials, without secrets.", ListCredentialsAsync),
        new("POST", "/api/v1/credentials", Access.Admin, "Makes a credential.", CreateCredentialAsync),
        new("DELETE", "/api/v1/credentials/{name}", Access.Admin, "Removes a credential.", DeleteCredentialAsync),
    ];

    /// <summary>A token without its secret.</summary>
    public static EnrollmentTokenResource Shown(EnrolmentTokenRow row) => new()
    {
        Name = row.Name,
        ExpiresAtMs = row.ExpiresAtMs,
        UsesMax = row.UsesMax,
        Uses = row.Uses,
        Device = row.Device?.ToString() ?? "",
        Labels = row.Labels,
    };

    /// <summary>A token by name; null when there is none.</summary>
    public static async Task<EnrolmentTokenRow?> FindTokenAsync(Call call, string name)
    {
        string? after = null;
        while (true)
        {
            Page<EnrolmentTokenRow> page = await call.Server.Store.Tokens
                .ListAsync(call.Tenant, after, StoreLimits.PageRowsMax, call.Aborted).ConfigureAwait(false);
            EnrolmentTokenRow? found = page.Items.FirstOrDefault(t => t.Name == name);
            if (found is not null || page.Next is null || page.Items.IsEmpty)
            {
                return found;
            }

            after = page.Items[^1].Name;
        }
    }

    private static async Task ListTokensAsync(Call call)
    {
        Page<EnrolmentTokenRow> page = await call.Server.Store.Tokens
            .ListAsync(call.Tenant, null, StoreLimits.PageRowsMax, call.Aborted).ConfigureAwait(false);
        ResourceList<EnrollmentTokenResource> list = new()
        {
            Items = [.. page.Items.Select(Shown)],
            Revision = page.Revision,
        };
        await call.ReplyAsync(list, ApiJson.Default.ResourceListEnrollmentTokenResource).ConfigureAwait(false);
    }

    private static async Task CreateTokenAsync(Call call)
    {
        EnrollmentTokenRequest request =
            await call.ReadAsync(ApiJson.Default.EnrollmentTokenRequest).ConfigureAwait(false);
        TimeSpan lifetime = TimeSpan.FromSeconds(Math.Clamp(request.LifetimeSeconds, 0, 1L << 32));
        DeviceId? device = null;
        if (request.Device.Length > 0)
        {
            Require(DeviceId.TryParse(
                request.Device, out DeviceId fixedName), "device", "the device's name is no DNS label");
            device = fixedName;
        }

        Require(
            lifetime >= ManifestLimits.TokenLifetimeMin && lifetime <= ManifestLimits.TokenLifetimeMax,
            "lifetimeSeconds",
            "60 seconds to 365 days are allowed");
        Require(
            request.UsesMax is >= 1 and <= ManifestLimits.TokenUsesMax && (device is null || request.UsesMax == 1),
            "usesMax",
            "1 to 100,000 are allowed, 1 where the name is fixed");
        Require(request.Name.Length == 0 || Ids.IsName(request.Name), "name", "the name is no DNS label");
        Require(
            request.Labels.Count <= Limits.LabelsMax
                && request.Labels.All(l => LabelRules.IsKey(l.Key) && LabelRules.IsValue(l.Value)),
            "labels",
            "a label is out of its rules");
        string secret = Secrets.New();
        EnrolmentTokenRow row = new()
        {
            Name = request.Name.Length > 0 ? request.Name : Secrets.NewName("token"),
            Hash = Secrets.HashOf(secret),
            ExpiresAtMs = call.Server.NowMs + (long)lifetime.TotalMilliseconds,
            UsesMax = request.UsesMax,
            Device = device,
            Labels = LabelRules.None.AddRange(request.Labels),
            CreatedAtMs = call.Server.NowMs,
        };
        CreateVerdict verdict =
            await call.Server.Store.Tokens.CreateAsync(call.Tenant, row, call.Aborted).ConfigureAwait(false);
        if (verdict != CreateVerdict.Created)
        {
            throw new CallRefused(409, ApiErrors.Exists.At($"token '{row.Name}' is there already"));
        }

        EnrollmentTokenResource answer = Shown(row) with
        {
            Token = new EnrolmentToken(call.Server.Address, call.Server.Keys.RootDigest, secret).Format(),
        };
        await call.ReplyAsync(answer, ApiJson.Default.EnrollmentTokenResource, 201).ConfigureAwait(false);
    }

    private static async Task DeleteTokenAsync(Call call)
    {
        string name = call.Path("name");
        if (!await call.Server.Store.Tokens.DeleteAsync(call.Tenant, name, call.Aborted).ConfigureAwait(false))
        {
            throw Call.NotFound($"enrolment token '{Call.Shown(name)}'");
        }

        call.Http.Response.StatusCode = 204;
    }

    private static async Task ListCredentialsAsync(Call call)
    {
        Page<CredentialRow> page = await call.Server.Store.Credentials
            .ListAsync(call.Tenant, null, StoreLimits.PageRowsMax, call.Aborted).ConfigureAwait(false);
        ResourceList<CredentialResource> list = new()
        {
            Items = [.. page.Items.Select(ShownCredential)],
            Revision = page.Revision,
        };
        await call.ReplyAsync(list, ApiJson.Default.ResourceListCredentialResource).ConfigureAwait(false);
    }

    private static async Task CreateCredentialAsync(Call call)
    {
        CredentialRequest request = await call.ReadAsync(ApiJson.Default.CredentialRequest).ConfigureAwait(false);
        Require(Ids.IsName(request.Name), "name", "the name is no DNS label");
        if (!Roles.All.Contains(request.Role))
        {
            throw new CallRefused(400, AuthErrors.UnknownRole.At(
                $"'{Call.Shown(request.Role ?? "")}' is none of {string.Join(", ", Roles.All)}", "role"));
        }

        string token = Secrets.NewBearer();
        CredentialRow row = new()
        {
            Name = request.Name,
            Hash = Secrets.HashOf(token),
            Roles = [request.Role],
            CreatedAtMs = call.Server.NowMs,
        };
        CreateVerdict verdict =
            await call.Server.Store.Credentials.CreateAsync(call.Tenant, row, call.Aborted).ConfigureAwait(false);
        if (verdict != CreateVerdict.Created)
        {
            throw new CallRefused(409, ApiErrors.Exists.At($"credential '{row.Name}' is there already"));
        }

        await call.ReplyAsync(ShownCredential(row) with { Token = token }, ApiJson.Default.CredentialResource, 201)
            .ConfigureAwait(false);
    }

    private static async Task DeleteCredentialAsync(Call call)
    {
        string name = call.Path("name");
        if (!await call.Server.Store.Credentials.DeleteAsync(call.Tenant, name, call.Aborted).ConfigureAwait(false))
        {
            throw Call.NotFound($"credential '{Call.Shown(name)}'");
        }

        call.Http.Response.StatusCode = 204;
    }

    private static CredentialResource ShownCredential(CredentialRow row) => new()
    {
        Name = row.Name,
        Role = row.Roles.Length > 0 ? row.Roles[0] : "",
        CreatedAtMs = row.CreatedAtMs,
    };

    private static void Require(bool holds, string field, string message)
    {
        if (!holds)
        {
            throw new CallRefused(400, ApiErrors.Parameter.At(message, field));
        }
    }
}
