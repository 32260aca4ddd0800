using System.Text.Json;
using System.Text.Json.Serialization;
using Kedge.Api.Resources;

namespace Kedge.Api;

/// <summary>Generated JSON of the administrators' interface: camel case, nothing for null.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    MaxDepth = 32)]
[JsonSerializable(typeof(ProblemResource))]
[JsonSerializable(typeof(ResourceList<DeviceResource>))]
[JsonSerializable(typeof(ResourceList<EndpointResource>))]
[JsonSerializable(typeof(ResourceList<DeploymentResource>))]
[JsonSerializable(typeof(ResourceList<RevisionResource>))]
[JsonSerializable(typeof(ResourceList<ModelResource>))]
[JsonSerializable(typeof(ResourceList<PackageResource>))]
[JsonSerializable(typeof(ResourceList<EnrollmentTokenResource>))]
[JsonSerializable(typeof(ResourceList<EventResource>))]
[JsonSerializable(typeof(ResourceList<CredentialResource>))]
[JsonSerializable(typeof(ResourceList<SiteResource>))]
[JsonSerializable(typeof(WatchEvent<DeviceResource>))]
[JsonSerializable(typeof(WatchEvent<DeploymentResource>))]
[JsonSerializable(typeof(WatchEvent<EndpointResource>))]
[JsonSerializable(typeof(WatchEvent<ModelResource>))]
[JsonSerializable(typeof(WatchEvent<EventResource>))]
[JsonSerializable(typeof(WatchEvent<SiteResource>))]
[JsonSerializable(typeof(ApplyResource))]
[JsonSerializable(typeof(ExplanationResource))]
[JsonSerializable(typeof(ResourceList<ExplanationResource>))]
[JsonSerializable(typeof(RolloutResource))]
[JsonSerializable(typeof(PushResource))]
[JsonSerializable(typeof(TagRequest))]
[JsonSerializable(typeof(ResourceList<TagMoveResource>))]
[JsonSerializable(typeof(DigestList))]
[JsonSerializable(typeof(CollectionResource))]
[JsonSerializable(typeof(LabelPatch))]
[JsonSerializable(typeof(CordonRequest))]
[JsonSerializable(typeof(EnrollmentTokenRequest))]
[JsonSerializable(typeof(SigningPolicyResource))]
[JsonSerializable(typeof(SignedDocumentRequest))]
[JsonSerializable(typeof(CredentialRequest))]
[JsonSerializable(typeof(ServerResource))]
[JsonSerializable(typeof(ContextDocument))]
public sealed partial class ApiJson : JsonSerializerContext;
