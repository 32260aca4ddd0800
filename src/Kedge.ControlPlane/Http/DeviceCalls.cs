using System.Collections.Immutable;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.ControlPlane.Auth;
using Kedge.ControlPlane.Link;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Http;

/// <summary>Calls about devices.</summary>
internal static class DeviceCalls
{
    public static readonly ImmutableArray<Route> Routes =
    [
        new("GET", "/api/v1/devices", Access.Viewer, "All devices; labelSelector and watch.", ListAsync),
        new("GET", "/api/v1/devices/{name}", Access.Viewer, "One device with its facts.", GetAsync),
        new("PATCH", "/api/v1/devices/{name}/labels", Access.Admin, "Sets and takes away labels.", LabelAsync),
        new("PUT", "/api/v1/devices/{name}/cordon", Access.Admin, "Cordons or uncordons.", CordonAsync),
        new("POST", "/api/v1/devices/{name}/revoke", Access.Admin, "Revokes the device's key.", RevokeAsync),
        new("POST", "/api/v1/devices/{name}/replace", Access.Admin,
            "Revokes the key and gives a token for new hardware of the same name.", ReplaceAsync),
        new("DELETE", "/api/v1/devices/{name}", Access.Admin, "Removes a device.", DeleteAsync),
        new("GET", "/api/v1/devices/{name}/logs/{workload}", Access.Viewer,
            "The last lines of a workload, fetched over the device's own link; lines.", LogsAsync),
        new("GET", "/api/v1/endpoints", Access.Viewer, "Where deployments answer; watch.", EndpointsAsync),
    ];

    private static readonly TimeSpan ReplaceTokenLife = TimeSpan.FromDays(1);

    private static async Task ListAsync(Call call)
    {
        string text = call.Query("labelSelector");
        LabelSelector selector = SelectorText.TryParse(text)
            ?? throw new CallRefused(
                400, ApiErrors.Parameter.At($"'{Call.Shown(text)}' is no selector", "labelSelector"));
        if (call.Flag("watch"))
        {
            await WatchStream.RunAsync(
                call, ct => ReadAsync(call, selector, ct), d => d.Name, ApiJson.Default.WatchEventDeviceResource)
                .ConfigureAwait(false);
            return;
        }

        long revision = await call.Server.Store.RevisionAsync(call.Aborted).ConfigureAwait(false);
        ResourceList<DeviceResource> list = new()
        {
            Items = await ReadAsync(call, selector, call.Aborted).ConfigureAwait(false),
            Revision = revision,
        };
        await call.ReplyAsync(list, ApiJson.Default.ResourceListDeviceResource).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<DeviceResource>> ReadAsync(
        Call call, LabelSelector selector, CancellationToken ct)
    {
        List<DeviceResource> items = [];
        await foreach (DeviceRow row in Pages.DevicesAsync(call.Server, ct).ConfigureAwait(false))
        {
            if (selector.FirstMismatch(row.Labels) is null)
            {
                items.Add(DeviceMap.Of(row, call.Server.NowMs, withFacts: false));
            }
        }

        return items;
    }

    private static async Task EndpointsAsync(Call call)
    {
        if (call.Flag("watch"))
        {
            await WatchStream.RunAsync(
                call,
                ct => EndpointListAsync(call, ct),
                e => $"{e.Deployment}/{e.Device}",
                ApiJson.Default.WatchEventEndpointResource).ConfigureAwait(false);
            return;
        }

        ResourceList<EndpointResource> list = new()
        {
            Items = await EndpointListAsync(call, call.Aborted).ConfigureAwait(false),
            Revision = await call.Server.Store.RevisionAsync(call.Aborted).ConfigureAwait(false),
        };
        await call.ReplyAsync(list, ApiJson.Default.ResourceListEndpointResource).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<EndpointResource>> EndpointListAsync(Call call, CancellationToken ct)
    {
        List<EndpointResource> items = [];
        await foreach (DeviceRow row in Pages.DevicesAsync(call.Server, ct).ConfigureAwait(false))
        {
            items.AddRange(DeviceMap.Endpoints(row, call.Server.NowMs));
        }

        return
        [
            .. items.OrderBy(e => e.Deployment, StringComparer.Ordinal).ThenBy(e => e.Device, StringComparer.Ordinal),
        ];
    }

    private static Task GetAsync(Call call) => ReplyDeviceAsync(call, call.DeviceName());

    private static async Task LabelAsync(Call call)
    {
        DeviceId device = call.DeviceName();
        LabelPatch patch = await call.ReadAsync(ApiJson.Default.LabelPatch).ConfigureAwait(false);
        DeviceRow row = await FindAsync(call, device).ConfigureAwait(false);
        ImmutableSortedDictionary<string, string>.Builder labels = row.Labels.ToBuilder();
        foreach ((string key, string? value) in patch.Labels)
        {
            if (!LabelRules.IsKey(key) || (value is not null && !LabelRules.IsValue(value)))
            {
                throw new CallRefused(
                    400, ApiErrors.Parameter.At($"label '{Call.Shown(key)}' is out of its rules", "labels"));
            }

            if (value is null)
            {
                labels.Remove(key);
            }
            else
            {
                labels[key] = value;
            }
        }

        if (labels.Count > Limits.LabelsMax)
        {
            throw new CallRefused(
                400, ApiErrors.Parameter.At($"{labels.Count} labels are more than {Limits.LabelsMax}", "labels"));
        }

        // Without If-Match the patch is still made from the row that was read, so that no label is lost.
        DeviceWrite write = new()
        {
            Device = device,
            ExpectedRevision = call.IfMatch() ?? row.Revision,
            Labels = labels.ToImmutable(),
        };
        await UpdateAsync(call, write).ConfigureAwait(false);
    }

    private static async Task CordonAsync(Call call)
    {
        DeviceId device = call.DeviceName();
        CordonRequest request = await call.ReadAsync(ApiJson.Default.CordonRequest).ConfigureAwait(false);
        DeviceWrite write = new() { Device = device, ExpectedRevision = call.IfMatch(), Cordoned = request.Cordoned };
        await UpdateAsync(call, write).ConfigureAwait(false);
    }

    private static async Task UpdateAsync(Call call, DeviceWrite write)
    {
        CasOutcome outcome =
            await call.Server.Store.Devices.UpdateAsync(call.Tenant, write, call.Aborted).ConfigureAwait(false);
        Expect(outcome, $"device '{write.Device}'");
        call.Server.Wakeups.Plan.Wake();
        await ReplyDeviceAsync(call, write.Device).ConfigureAwait(false);
    }

    private static async Task RevokeAsync(Call call)
    {
        DeviceId device = call.DeviceName();
        await RevokeAsync(call, device).ConfigureAwait(false);
        await ReplyDeviceAsync(call, device).ConfigureAwait(false);
    }

    private static async Task RevokeAsync(Call call, DeviceId device)
    {
        CasOutcome outcome = await call.Server.Store.Devices
            .RevokeAsync(call.Tenant, device, call.Server.NowMs, call.Aborted).ConfigureAwait(false);
        Expect(outcome, $"device '{device}'");
        call.Server.Sessions.Find(new DeviceIdentity(call.Tenant, device))?
            .Connection.Close(EnrolErrors.Revoked.At($"{device} was revoked"));
        await RecordAsync(call, device, "DeviceRevoked", $"revoked by {call.Caller}").ConfigureAwait(false);
    }

    private static async Task ReplaceAsync(Call call)
    {
        DeviceId device = call.DeviceName();
        await FindAsync(call, device).ConfigureAwait(false);
        await RevokeAsync(call, device).ConfigureAwait(false);
        string secret = Secrets.New();
        EnrolmentTokenRow token = new()
        {
            Name = Secrets.NewName("replace"),
            Hash = Secrets.HashOf(secret),
            ExpiresAtMs = call.Server.NowMs + (long)ReplaceTokenLife.TotalMilliseconds,
            UsesMax = 1,
            Device = device,
            Replaces = true,
            CreatedAtMs = call.Server.NowMs,
        };
        CreateVerdict verdict =
            await call.Server.Store.Tokens.CreateAsync(call.Tenant, token, call.Aborted).ConfigureAwait(false);
        Check.That(verdict == CreateVerdict.Created);
        EnrollmentTokenResource answer = AccessCalls.Shown(token) with
        {
            Token = new EnrolmentToken(call.Server.Address, call.Server.Keys.RootDigest, secret).Format(),
        };
        await call.ReplyAsync(answer, ApiJson.Default.EnrollmentTokenResource, 201).ConfigureAwait(false);
    }

    private static async Task DeleteAsync(Call call)
    {
        DeviceId device = call.DeviceName();
        CasOutcome outcome = await call.Server.Store.Devices
            .DeleteAsync(call.Tenant, device, call.IfMatch(), call.Server.NowMs, call.Aborted).ConfigureAwait(false);
        Expect(outcome, $"device '{device}'");
        call.Server.Sessions.Find(new DeviceIdentity(call.Tenant, device))?
            .Connection.Close(EnrolErrors.UnknownDevice.At($"{device} was deleted"));
        call.Server.Wakeups.Plan.Wake();
        call.Http.Response.StatusCode = 204;
    }

    private static async Task LogsAsync(Call call)
    {
        DeviceId device = call.DeviceName();
        int lines = (int)call.Number("lines", 200, 1, ServerLimits.LogLinesMax);
        if (!DeploymentId.TryParse(call.Path("workload"), out DeploymentId workload))
        {
            throw Call.NotFound($"workload '{Call.Shown(call.Path("workload"))}'");
        }

        await FindAsync(call, device).ConfigureAwait(false);
        HandsOutcome outcome = await call.Server.Link.Hands
            .LogsAsync(new DeviceIdentity(call.Tenant, device), workload, lines, call.Aborted).ConfigureAwait(false);
        switch (outcome)
        {
            case HandsOutcome.Answered(var text, ""):
                byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
                call.Http.Response.ContentType = "text/plain; charset=utf-8";
                call.Http.Response.ContentLength = bytes.Length;
                await call.Http.Response.Body.WriteAsync(bytes, call.Aborted).ConfigureAwait(false);
                return;
            case HandsOutcome.Answered(_, var error):
                throw Call.NotFound($"log of '{workload}' on '{device}': {Call.Shown(error)}");
            case HandsOutcome.Offline:
                throw new CallRefused(503, ApiErrors.Offline.At($"{device} is not connected"));
            case HandsOutcome.NoAnswer:
                throw new CallRefused(504, ApiErrors.NoAnswer.At($"{device} did not answer"));
            default:
                throw Check.Unreachable(outcome);
        }
    }

    private static async Task<DeviceRow> FindAsync(Call call, DeviceId device) =>
        await call.Server.Store.Devices.FindAsync(call.Tenant, device, call.Aborted).ConfigureAwait(false)
            ?? throw Call.NotFound($"device '{device}'");

    private static async Task ReplyDeviceAsync(Call call, DeviceId device)
    {
        DeviceRow row = await FindAsync(call, device).ConfigureAwait(false);
        ImmutableArray<CertificateRow> certificates = await call.Server.Store.Certificates
            .ListAsync(call.Tenant, device, call.Aborted).ConfigureAwait(false);
        DeviceResource resource = DeviceMap.Of(row, call.Server.NowMs, withFacts: true) with
        {
            CertificateExpiresAtMs = certificates.IsEmpty ? 0 : certificates.Max(c => c.NotAfterMs),
        };
        await call.ReplyAsync(resource, ApiJson.Default.DeviceResource, row.Revision).ConfigureAwait(false);
    }

    private static async Task RecordAsync(Call call, DeviceId device, string reason, string message)
    {
        EventWrite happening = new()
        {
            AtMs = call.Server.NowMs,
            Device = device,
            Reason = reason,
            Message = message,
        };
        await call.Server.Store.Events.AppendAsync(call.Tenant, [happening], call.Aborted).ConfigureAwait(false);
    }

    /// <summary>Refuses unless a change holds now.</summary>
    internal static void Expect(CasOutcome outcome, string what)
    {
        switch (outcome)
        {
            case CasOutcome.Done or CasOutcome.Unchanged:
                return;
            case CasOutcome.Conflict(var held):
                throw new CallRefused(412, ApiErrors.Conflict.At($"{what} has revision {held}"));
            case CasOutcome.NotFound:
                throw Call.NotFound(what);
            default:
                throw Check.Unreachable(outcome);
        }
    }
}
