using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Sites;

namespace Kedge.Core.Manifests;

/// <summary>Turns documents into specs. Problem: a person who wrote ten mistakes wants to hear of ten, not of one ten
/// times.
/// Approach: every document is held against the table of its kind, then against the rules of its kind, then all of them
/// against each other; only a text without any finding is turned into specs. Nothing here asks a server: whether a
/// package exists is found out when it is applied.</summary>
public static class ManifestReader
{
    /// <summary>Reads all documents, or says all that is wrong with them.</summary>
    public static ManifestOutcome Read(ImmutableArray<ManifestNode> documents)
    {
        FindingList findings = new();
        ImmutableArray<ManifestNode> objects = Flatten(documents);
        if (objects.IsEmpty)
        {
            findings.Add(SpecErrors.Empty, "the text holds no object", "", 0);
        }
        else if (objects.Length > Limits.ManifestDocumentsMax)
        {
            findings.Add(
                SpecErrors.TooManyDocuments,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the text holds {objects.Length} objects, at most {Limits.ManifestDocumentsMax} are taken"),
                "",
                objects[Limits.ManifestDocumentsMax].Line);
        }
        else
        {
            foreach (ManifestNode document in objects)
            {
                CheckDocument(document, findings);
            }

            AcrossRules.Check(objects, findings);
        }

        return findings.Count > 0
            ? new ManifestOutcome.Invalid(findings.ToSorted())
            : new ManifestOutcome.Valid(Bind(objects));
    }

    private static void CheckDocument(ManifestNode document, FindingList findings)
    {
        if (document is not ManifestNode.Mapping mapping)
        {
            findings.Add(
                SpecErrors.WrongType,
                "the document takes fields, beginning with apiVersion and kind", "", document.Line);
            return;
        }

        if (mapping.Find("kind") is not ManifestNode.Scalar kind)
        {
            findings.Add(SpecErrors.MissingField, "kind is missing", "kind", mapping.Line);
            return;
        }

        if (ManifestKinds.Find(kind.Text) is not KindSchema schema)
        {
            findings.Add(SpecErrors.Kind, UnknownKind(kind.Text), "kind", kind.Line);
            return;
        }

        new ManifestCheck(findings).Check(mapping, schema.Root, "");
        switch (schema.Kind)
        {
            case ManifestKinds.Deployment:
                DeploymentRules.Check(mapping, findings);
                break;
            case ManifestKinds.SigningPolicy:
                SigningPolicyRules.Check(mapping, findings);
                break;
            case ManifestKinds.Site:
                SiteRules.Check(mapping, findings);
                break;
            default:
                break;
        }
    }

    private static string UnknownKind(string kind)
    {
        string shown = ScalarWords.Shown(kind);
        return ManifestKinds.Reserved.Contains(kind)
            ? $"kind {kind} comes with a later version"
            : $"there is no kind '{shown}'{DidYouMean.Sentence(kind, ManifestKinds.All.Select(known => known.Kind))}";
    }

    /// <summary>Takes lists apart: their items count as documents.</summary>
    private static ImmutableArray<ManifestNode> Flatten(ImmutableArray<ManifestNode> documents) =>
    [
        .. documents.SelectMany(document =>
            document is ManifestNode.Mapping mapping
            && mapping.Find("kind") is ManifestNode.Scalar { Text: ManifestKinds.List }
            && mapping.Find("items") is ManifestNode.Sequence items
                ? items.Items
                : [document]),
    ];

    private static ManifestSet Bind(ImmutableArray<ManifestNode> objects)
    {
        var deployments = ImmutableArray.CreateBuilder<Placed<DeploymentSpec>>();
        var devices = ImmutableArray.CreateBuilder<Placed<DeviceManifest>>();
        var models = ImmutableArray.CreateBuilder<Placed<ModelManifest>>();
        var tokens = ImmutableArray.CreateBuilder<Placed<EnrollmentTokenManifest>>();
        var policies = ImmutableArray.CreateBuilder<Placed<SigningPolicyManifest>>();
        var sites = ImmutableArray.CreateBuilder<Placed<SiteSpec>>();
        foreach (ManifestNode.Mapping document in objects.Cast<ManifestNode.Mapping>())
        {
            ManifestFields fields = new(document);
            switch (fields.Text("kind"))
            {
                case ManifestKinds.Deployment:
                    deployments.Add(new(DeploymentBinding.Bind(fields), document.Line));
                    break;
                case ManifestKinds.Device:
                    devices.Add(new(OtherBindings.Device(fields), document.Line));
                    break;
                case ManifestKinds.Model:
                    models.Add(new(OtherBindings.Model(fields), document.Line));
                    break;
                case ManifestKinds.EnrollmentToken:
                    tokens.Add(new(OtherBindings.Token(fields), document.Line));
                    break;
                case ManifestKinds.SigningPolicy:
                    policies.Add(new(OtherBindings.Policy(fields), document.Line));
                    break;
                case ManifestKinds.Site:
                    sites.Add(new(SiteBinding.Bind(fields), document.Line));
                    break;
                default:
                    throw Check.Unreachable(fields.Text("kind"));
            }
        }

        return new ManifestSet
        {
            Deployments = deployments.ToImmutable(),
            Devices = devices.ToImmutable(),
            Models = models.ToImmutable(),
            Tokens = tokens.ToImmutable(),
            SigningPolicies = policies.ToImmutable(),
            Sites = sites.ToImmutable(),
        };
    }
}
