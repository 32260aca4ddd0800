using System.Globalization;
using Kedge.Api.Resources;
using Kedge.Cli.Kinds;
using Kedge.Cli.Output;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary>Everything about a model, for people.</summary>
internal static class ModelDescription
{
    public static async Task PrintAsync(Session session, string name, CancellationToken ct)
    {
        ModelResource model = await session.Client.GetModelAsync(name, ct).ConfigureAwait(false);
        ResourceList<PackageResource> packages =
            await session.Client.ListPackagesAsync(name, ct).ConfigureAwait(false);
        TextTable table = new("DIGEST", "TAGS", "SIZE", "VARIANTS", "GOLDEN", "SIGNED BY", "STORED");
        foreach (PackageResource package in packages.Items)
        {
            table.Add(
                DeploymentKind.ShortDigest(package.Digest),
                string.Join(',', package.Tags),
                Ages.Bytes(package.Bytes),
                string.Join(", ", package.Variants),
                package.Golden,
                string.Join(',', package.SignedBy.Select(DeploymentKind.ShortDigest)),
                Ages.Moment(package.StoredAtMs));
        }

        FieldBlock block = new FieldBlock()
            .Add("Name", model.Name)
            .Add("Packages", model.Packages.ToString(CultureInfo.InvariantCulture));
        foreach (TagResource tag in model.Tags)
        {
            block.Add("Tag", $"{tag.Tag} = {tag.Digest}");
        }

        session.Print.Raw(block.AddTable("Newest first", table, session.World.HasColour).ToString());
    }
}
