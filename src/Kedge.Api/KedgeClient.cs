using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kedge.Api.Resources;

namespace Kedge.Api;

/// <summary>
/// Every call of the administrators' interface (<c>docs/protocol/admin-api.md</c>), typed. Calls throw
/// <see cref="KedgeApiException"/> when the server refuses, <see cref="HttpRequestException"/> when it cannot be
/// reached, and <see cref="OperationCanceledException"/>. Names follow kubectl's words. Safe for many threads.
/// </summary>
public sealed class KedgeClient : IDisposable
{
    private const string Root = "api/v1/";
    private readonly ApiConnection _api;

    /// <summary>A client for one server.</summary>
    /// <param name="context">The server, its root and the token.</param>
    /// <param name="timeout">Longest wait for the headers of an answer; 2 minutes when null.</param>
    public KedgeClient(KedgeContext context, TimeSpan? timeout = null) => _api = new ApiConnection(context, timeout);

    /// <summary>What the server is.</summary>
    public Task<ServerResource> GetServerAsync(CancellationToken ct) =>
        _api.GetAsync(Root + "server", ApiJson.Default.ServerResource, ct);

    /// <summary>All devices, or those that a selector matches.</summary>
    /// <param name="selector">Labels as <c>line=press,site!=lyon</c>; empty for all.</param>
    /// <param name="ct">Cancels the call.</param>
    public Task<ResourceList<DeviceResource>> ListDevicesAsync(string selector, CancellationToken ct) =>
        _api.GetAsync(Root + "devices" + Selector(selector), ApiJson.Default.ResourceListDeviceResource, ct);

    /// <summary>One device with its facts.</summary>
    public Task<DeviceResource> GetDeviceAsync(string name, CancellationToken ct) =>
        _api.GetAsync(Root + "devices/" + Text(name), ApiJson.Default.DeviceResource, ct);

    /// <summary>Sets and takes away labels.</summary>
    public Task<DeviceResource> LabelDeviceAsync(
        string name, IReadOnlyDictionary<string, string?> labels, CancellationToken ct) =>
        _api.SendAsync(
            HttpMethod.Patch,
            Root + $"devices/{Text(name)}/labels",
            new ApiConnection.Body<LabelPatch>(new LabelPatch { Labels = labels }, ApiJson.Default.LabelPatch),
            ApiJson.Default.DeviceResource,
            ct);

    /// <summary>Keeps a device from getting anything new, or lets it again.</summary>
    public Task<DeviceResource> CordonDeviceAsync(string name, bool cordoned, CancellationToken ct) =>
        _api.SendAsync(
            HttpMethod.Put,
            Root + $"devices/{Text(name)}/cordon",
            new ApiConnection.Body<CordonRequest>(new CordonRequest(cordoned), ApiJson.Default.CordonRequest),
            ApiJson.Default.DeviceResource,
            ct);

    /// <summary>Revokes the device's key and gives a token for new hardware under the same name.</summary>
    public async Task<EnrollmentTokenResource> ReplaceDeviceAsync(string name, CancellationToken ct)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, Root + $"devices/{Text(name)}/replace");
        return await _api.SendAsync(request, ApiJson.Default.EnrollmentTokenResource, ct).ConfigureAwait(false);
    }

    /// <summary>Revokes the device's key: its certificate counts no more.</summary>
    public async Task<DeviceResource> RevokeDeviceAsync(string name, CancellationToken ct)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, Root + $"devices/{Text(name)}/revoke");
        return await _api.SendAsync(request, ApiJson.Default.DeviceResource, ct).ConfigureAwait(false);
    }

    /// <summary>
    /// Deletes one resource: <c>devices</c>, <c>deployments</c>, <c>enrollmenttokens</c>, <c>credentials</c>,
    /// <c>packages</c>, <c>sites</c>.
    /// </summary>
    public async Task DeleteAsync(string kind, string name, CancellationToken ct)
    {
        using HttpRequestMessage request = new(HttpMethod.Delete, Root + $"{Text(kind)}/{Text(name)}");
        using HttpResponseMessage response = await _api.SendAsync(request, ct).ConfigureAwait(false);
    }

    /// <summary>All deployments.</summary>
    public Task<ResourceList<DeploymentResource>> ListDeploymentsAsync(CancellationToken ct) =>
        _api.GetAsync(Root + "deployments", ApiJson.Default.ResourceListDeploymentResource, ct);

    /// <summary>One deployment with its manifest.</summary>
    public Task<DeploymentResource> GetDeploymentAsync(string name, CancellationToken ct) =>
        _api.GetAsync(Root + "deployments/" + Text(name), ApiJson.Default.DeploymentResource, ct);

    /// <summary>The revisions of a deployment, newest first.</summary>
    public Task<ResourceList<RevisionResource>> GetHistoryAsync(string name, CancellationToken ct) =>
        _api.GetAsync(
            Root + $"deployments/{Text(name)}/history", ApiJson.Default.ResourceListRevisionResource, ct);

    /// <summary>Applies an older revision again, as a new one.</summary>
    /// <param name="name">The deployment.</param>
    /// <param name="to">The revision; 0 for the one before the current one.</param>
    /// <param name="ct">Cancels the call.</param>
    public async Task<DeploymentResource> UndoDeploymentAsync(string name, long to, CancellationToken ct)
    {
        string query = to > 0 ? $"?to={to}" : "";
        using HttpRequestMessage request = new(HttpMethod.Post, Root + $"deployments/{Text(name)}/undo{query}");
        return await _api.SendAsync(request, ApiJson.Default.DeploymentResource, ct).ConfigureAwait(false);
    }

    /// <summary>Where the rollout of a deployment's newest revision stands.</summary>
    public Task<RolloutResource> GetRolloutAsync(string name, CancellationToken ct) =>
        _api.GetAsync(Root + $"deployments/{Text(name)}/rollout", ApiJson.Default.RolloutResource, ct);

    /// <summary>Lets nobody new take the target until somebody resumes the rollout.</summary>
    public Task<RolloutResource> PauseRolloutAsync(string name, CancellationToken ct) => SteerAsync(name, "pause", ct);

    /// <summary>Lets a paused rollout go on.</summary>
    public Task<RolloutResource> ResumeRolloutAsync(string name, CancellationToken ct) =>
        SteerAsync(name, "resume", ct);

    /// <summary>Lets everybody have the target now.</summary>
    public Task<RolloutResource> PromoteRolloutAsync(string name, CancellationToken ct) =>
        SteerAsync(name, "promote", ct);

    /// <summary>Brings everybody back to the stable revision.</summary>
    public Task<RolloutResource> AbortRolloutAsync(string name, CancellationToken ct) => SteerAsync(name, "abort", ct);

    private async Task<RolloutResource> SteerAsync(string name, string verb, CancellationToken ct)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, Root + $"deployments/{Text(name)}/rollout/{verb}");
        return await _api.SendAsync(request, ApiJson.Default.RolloutResource, ct).ConfigureAwait(false);
    }

    /// <summary>Why each device was or was not chosen.</summary>
    public Task<ExplanationResource> ExplainDeploymentAsync(string name, CancellationToken ct) =>
        _api.GetAsync(Root + "explain/deployments/" + Text(name), ApiJson.Default.ExplanationResource, ct);

    /// <summary>Why each deployment is or is not on one device: of each, what it says of this device alone.</summary>
    public Task<ResourceList<ExplanationResource>> ExplainDeviceAsync(string name, CancellationToken ct) =>
        _api.GetAsync(Root + "explain/devices/" + Text(name), ApiJson.Default.ResourceListExplanationResource, ct);

    /// <summary>Applies a manifest whole or not at all.</summary>
    /// <param name="yaml">YAML, up to 1 MiB.</param>
    /// <param name="dryRun">True to write nothing.</param>
    /// <param name="diff">True to be told the changed fields.</param>
    /// <param name="ct">Cancels the call.</param>
    public async Task<ApplyResource> ApplyAsync(string yaml, bool dryRun, bool diff, CancellationToken ct)
    {
        string query = $"?dryRun={(dryRun ? "true" : "false")}&diff={(diff ? "true" : "false")}";
        using HttpRequestMessage request = new(HttpMethod.Post, Root + "apply" + query)
        {
            Content = new StringContent(yaml, Encoding.UTF8, "application/yaml"),
        };
        return await _api.SendAsync(request, ApiJson.Default.ApplyResource, ct).ConfigureAwait(false);
    }

    /// <summary>All models.</summary>
    public Task<ResourceList<ModelResource>> ListModelsAsync(CancellationToken ct) =>
        _api.GetAsync(Root + "models", ApiJson.Default.ResourceListModelResource, ct);

    /// <summary>One model.</summary>
    public Task<ModelResource> GetModelAsync(string name, CancellationToken ct) =>
        _api.GetAsync(Root + "models/" + Text(name), ApiJson.Default.ModelResource, ct);

    /// <summary>Packages, newest first.</summary>
    /// <param name="model">Only those of this model; empty for all.</param>
    /// <param name="ct">Cancels the call.</param>
    public Task<ResourceList<PackageResource>> ListPackagesAsync(string model, CancellationToken ct) =>
        _api.GetAsync(
            Root + "packages" + (model.Length > 0 ? "?model=" + Text(model) : ""),
            ApiJson.Default.ResourceListPackageResource,
            ct);

    /// <summary>One package with its envelope.</summary>
    public Task<PackageResource> GetPackageAsync(string digest, CancellationToken ct) =>
        _api.GetAsync(Root + "packages/" + Text(digest), ApiJson.Default.PackageResource, ct);

    /// <summary>Which of these chunks the server lacks.</summary>
    /// <param name="digests">Up to 4,096 digests.</param>
    /// <param name="ct">Cancels the call.</param>
    public Task<DigestList> MissingChunksAsync(IReadOnlyList<string> digests, CancellationToken ct) =>
        _api.SendAsync(
            HttpMethod.Post,
            Root + "chunks/missing",
            new ApiConnection.Body<DigestList>(new DigestList(digests), ApiJson.Default.DigestList),
            ApiJson.Default.DigestList,
            ct);

    /// <summary>Uploads one chunk; the server checks its digest.</summary>
    public Task PutChunkAsync(string digest, ReadOnlyMemory<byte> bytes, CancellationToken ct) =>
        PutChunkAsync(digest, bytes, "", ct);

    /// <summary>Uploads one chunk that may be coded; the server checks the digest of the plain bytes.</summary>
    /// <param name="digest">Digest of the plain bytes.</param>
    /// <param name="bytes">The chunk, or one zstd frame that says how long its content is.</param>
    /// <param name="coding"><c>zstd</c>, or empty for none.</param>
    /// <param name="ct">Cancels the call.</param>
    public async Task PutChunkAsync(
        string digest, ReadOnlyMemory<byte> bytes, string coding, CancellationToken ct)
    {
        using HttpRequestMessage request = new(HttpMethod.Put, Root + "chunks/" + Text(digest))
        {
            Content = new ReadOnlyMemoryContent(bytes),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        if (coding.Length > 0)
        {
            request.Content.Headers.ContentEncoding.Add(coding);
        }

        using HttpResponseMessage response = await _api.SendAsync(request, ct).ConfigureAwait(false);
    }

    /// <summary>Removes content that nothing names any more.</summary>
    /// <param name="dryRun">True to remove nothing and be told what would go.</param>
    /// <param name="verify">True to have the server read and check every chunk: seconds for each GB.</param>
    /// <param name="ct">Cancels the call.</param>
    public async Task<CollectionResource> CollectContentAsync(bool dryRun, bool verify, CancellationToken ct)
    {
        string query = $"?dryRun={(dryRun ? "true" : "false")}&verify={(verify ? "true" : "false")}";
        using HttpRequestMessage request = new(HttpMethod.Post, Root + "gc" + query);
        return await _api.SendAsync(request, ApiJson.Default.CollectionResource, ct).ConfigureAwait(false);
    }

    /// <summary>Stores a package whose chunks are there; else the answer lists those that are missing.</summary>
    /// <param name="envelope">DSSE envelope of the manifest, JSON text.</param>
    /// <param name="ct">Cancels the call.</param>
    public async Task<PushResource> PushPackageAsync(ReadOnlyMemory<byte> envelope, CancellationToken ct)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, Root + "packages")
        {
            Content = new ReadOnlyMemoryContent(envelope),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await _api.SendAsync(request, ApiJson.Default.PushResource, ct).ConfigureAwait(false);
    }

    /// <summary>Points a tag at a package.</summary>
    public Task<ModelResource> TagPackageAsync(string model, string tag, string digest, CancellationToken ct) =>
        _api.SendAsync(
            HttpMethod.Put,
            Root + $"models/{Text(model)}/tags/{Text(tag)}",
            new ApiConnection.Body<TagRequest>(new TagRequest(digest), ApiJson.Default.TagRequest),
            ApiJson.Default.ModelResource,
            ct);

    /// <summary>Points a tag at a package if it names what the request expects.</summary>
    public Task<ModelResource> MoveTagAsync(string model, string tag, TagRequest request, CancellationToken ct) =>
        _api.SendAsync(
            HttpMethod.Put,
            Root + $"models/{Text(model)}/tags/{Text(tag)}",
            new ApiConnection.Body<TagRequest>(request, ApiJson.Default.TagRequest),
            ApiJson.Default.ModelResource,
            ct);

    /// <summary>Removes a tag; what it named stays.</summary>
    public async Task UntagAsync(string model, string tag, CancellationToken ct)
    {
        using HttpRequestMessage request = new(HttpMethod.Delete, Root + $"models/{Text(model)}/tags/{Text(tag)}");
        using HttpResponseMessage response = await _api.SendAsync(request, ct).ConfigureAwait(false);
    }

    /// <summary>What a tag named, newest first.</summary>
    public Task<ResourceList<TagMoveResource>> GetTagHistoryAsync(string model, string tag, CancellationToken ct) =>
        _api.GetAsync(
            Root + $"models/{Text(model)}/tags/{Text(tag)}/history",
            ApiJson.Default.ResourceListTagMoveResource,
            ct);

    /// <summary>Fetches one chunk, whose digest is the caller's to check.</summary>
    /// <param name="digest">The chunk.</param>
    /// <param name="into">Room for exactly as many bytes as it must have.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <returns>False when it has another length.</returns>
    public async Task<bool> GetChunkAsync(string digest, Memory<byte> into, CancellationToken ct)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, Root + "chunks/" + Text(digest));
        using HttpResponseMessage response = await _api.SendAsync(request, ct).ConfigureAwait(false);
        Stream body = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            int read = await body.ReadAtLeastAsync(into, into.Length, throwOnEndOfStream: false, ct)
                .ConfigureAwait(false);
            byte[] more = new byte[1];
            return read == into.Length && await body.ReadAsync(more, ct).ConfigureAwait(false) == 0;
        }
    }

    /// <summary>All enrolment tokens that have not ended.</summary>
    public Task<ResourceList<EnrollmentTokenResource>> ListEnrollmentTokensAsync(CancellationToken ct) =>
        _api.GetAsync(
            Root + "enrollmenttokens", ApiJson.Default.ResourceListEnrollmentTokenResource, ct);

    /// <summary>Makes an enrolment token; the answer holds its text, this once.</summary>
    public Task<EnrollmentTokenResource> CreateEnrollmentTokenAsync(
        EnrollmentTokenRequest token, CancellationToken ct) =>
        _api.SendAsync(
            HttpMethod.Post,
            Root + "enrollmenttokens",
            new ApiConnection.Body<EnrollmentTokenRequest>(token, ApiJson.Default.EnrollmentTokenRequest),
            ApiJson.Default.EnrollmentTokenResource,
            ct);

    /// <summary>The documents that the owner key signed.</summary>
    public Task<SigningPolicyResource> GetSigningPolicyAsync(CancellationToken ct) =>
        _api.GetAsync(Root + "signingpolicies", ApiJson.Default.SigningPolicyResource, ct);

    /// <summary>
    /// Replaces the signing policy, or the list of keys that sign desired states, by a newer signed one.
    /// </summary>
    /// <param name="envelope">DSSE envelope, JSON text; its payload type says which document it is.</param>
    /// <param name="ct">Cancels the call.</param>
    public Task<SigningPolicyResource> PutSigningPolicyAsync(string envelope, CancellationToken ct) =>
        _api.SendAsync(
            HttpMethod.Put,
            Root + "signingpolicies",
            new ApiConnection.Body<SignedDocumentRequest>(
                new SignedDocumentRequest(envelope), ApiJson.Default.SignedDocumentRequest),
            ApiJson.Default.SigningPolicyResource,
            ct);

    /// <summary>The newest events, newest first.</summary>
    /// <param name="device">Only those of this device; empty for all.</param>
    /// <param name="limit">At most so many, 1..1000.</param>
    /// <param name="ct">Cancels the call.</param>
    public Task<ResourceList<EventResource>> ListEventsAsync(string device, int limit, CancellationToken ct) =>
        _api.GetAsync(
            Root + $"events?limit={limit}" + (device.Length > 0 ? "&device=" + Text(device) : ""),
            ApiJson.Default.ResourceListEventResource,
            ct);

    /// <summary>Where deployments answer, device by device.</summary>
    public Task<ResourceList<EndpointResource>> ListEndpointsAsync(CancellationToken ct) =>
        _api.GetAsync(Root + "endpoints", ApiJson.Default.ResourceListEndpointResource, ct);

    /// <summary>All sites.</summary>
    public Task<ResourceList<SiteResource>> ListSitesAsync(CancellationToken ct) =>
        _api.GetAsync(Root + "sites", ApiJson.Default.ResourceListSiteResource, ct);

    /// <summary>One site, and how its line is used now.</summary>
    public Task<SiteResource> GetSiteAsync(string name, CancellationToken ct) =>
        _api.GetAsync(Root + "sites/" + Text(name), ApiJson.Default.SiteResource, ct);

    /// <summary>Who may call the server.</summary>
    public Task<ResourceList<CredentialResource>> ListCredentialsAsync(CancellationToken ct) =>
        _api.GetAsync(Root + "credentials", ApiJson.Default.ResourceListCredentialResource, ct);

    /// <summary>Makes a credential; the answer holds its token, this once.</summary>
    public Task<CredentialResource> CreateCredentialAsync(string name, string role, CancellationToken ct) =>
        _api.SendAsync(
            HttpMethod.Post,
            Root + "credentials",
            new ApiConnection.Body<CredentialRequest>(
                new CredentialRequest(name, role), ApiJson.Default.CredentialRequest),
            ApiJson.Default.CredentialResource,
            ct);

    /// <summary>
    /// Writes a backup (tar) to a stream: the store, never keys; those are in a backup of the server's own data folder
    /// only.
    /// </summary>
    /// <param name="to">Where it goes.</param>
    /// <param name="content">True to include the chunks of the packages.</param>
    /// <param name="ct">Cancels the call.</param>
    public async Task BackupAsync(Stream to, bool content, CancellationToken ct)
    {
        using HttpRequestMessage request =
            new(HttpMethod.Get, Root + $"backup?content={(content ? "true" : "false")}");
        using HttpResponseMessage response = await _api.SendAsync(request, ct).ConfigureAwait(false);
        await response.Content.CopyToAsync(to, ct).ConfigureAwait(false);
    }

    /// <summary>The last lines that a workload wrote, fetched from the device over its own link.</summary>
    /// <param name="device">The device, whose link must be up.</param>
    /// <param name="workload">The deployment.</param>
    /// <param name="lines">At most so many lines, 1..10,000.</param>
    /// <param name="ct">Cancels the call.</param>
    public async Task<string> GetLogsAsync(string device, string workload, int lines, CancellationToken ct)
    {
        using HttpRequestMessage request =
            new(HttpMethod.Get, Root + $"devices/{Text(device)}/logs/{Text(workload)}?lines={lines}");
        using HttpResponseMessage response = await _api.SendAsync(request, ct).ConfigureAwait(false);
        return await response.Content.ReadAsStringAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Devices as they change, the present ones first.</summary>
    public IAsyncEnumerable<WatchEvent<DeviceResource>> WatchDevicesAsync(string selector, CancellationToken ct)
    {
        string and = selector.Length > 0 ? "&labelSelector=" + Text(selector) : "";
        return WatchAsync(Root + "devices?watch=true" + and, ApiJson.Default.WatchEventDeviceResource, ct);
    }

    /// <summary>Deployments as they change, the present ones first.</summary>
    public IAsyncEnumerable<WatchEvent<DeploymentResource>> WatchDeploymentsAsync(CancellationToken ct) =>
        WatchAsync(Root + "deployments?watch=true", ApiJson.Default.WatchEventDeploymentResource, ct);

    /// <summary>Endpoints as they change, the present ones first.</summary>
    public IAsyncEnumerable<WatchEvent<EndpointResource>> WatchEndpointsAsync(CancellationToken ct) =>
        WatchAsync(Root + "endpoints?watch=true", ApiJson.Default.WatchEventEndpointResource, ct);

    /// <summary>Models as they change, the present ones first.</summary>
    public IAsyncEnumerable<WatchEvent<ModelResource>> WatchModelsAsync(CancellationToken ct) =>
        WatchAsync(Root + "models?watch=true", ApiJson.Default.WatchEventModelResource, ct);

    /// <summary>Sites as they change, the present ones first.</summary>
    public IAsyncEnumerable<WatchEvent<SiteResource>> WatchSitesAsync(CancellationToken ct) =>
        WatchAsync(Root + "sites?watch=true", ApiJson.Default.WatchEventSiteResource, ct);

    /// <summary>Events as they come, the newest present ones first, oldest to newest.</summary>
    public IAsyncEnumerable<WatchEvent<EventResource>> WatchEventsAsync(CancellationToken ct) =>
        WatchAsync(Root + "events?watch=true", ApiJson.Default.WatchEventEventResource, ct);

    /// <inheritdoc/>
    public void Dispose() => _api.Dispose();

    private async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        string path, JsonTypeInfo<WatchEvent<T>> type, [EnumeratorCancellation] CancellationToken ct)
        where T : class
    {
        await foreach (string line in _api.EventsAsync(path, ct).ConfigureAwait(false))
        {
            if (JsonSerializer.Deserialize(line, type) is { Kind: not WatchKind.Unknown } change)
            {
                yield return change;
            }
        }
    }

    private static string Selector(string selector) =>
        selector.Length > 0 ? "?labelSelector=" + Text(selector) : "";

    private static string Text(string part) => Uri.EscapeDataString(part);
}
