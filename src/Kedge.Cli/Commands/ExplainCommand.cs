using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Kinds;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Commands;

/// <summary>
/// <c>kedge explain deployment NAME</c>: why each device was or was not chosen. <c>kedge explain device NAME</c>: why
/// each deployment is or is not on it. <c>kedge explain rollout NAME</c>: what its change waits for.
/// <c>kedge explain KIND.FIELD</c>: what a field of a manifest says.
/// </summary>
internal static class ExplainCommand
{
    public static Command Create(CommandAction action)
    {
        Argument<string> what = new("WHAT")
        {
            Description = "deployment, device or rollout, followed by a name; or a kind or field of manifests, as "
                + "deployment.spec.endpoint.",
        };
        Argument<string> name = new("NAME")
        {
            Description = "The deployment or device.", Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string> device = new("--device") { Description = "Only this device.", HelpName = "NAME" };
        Option<string> output = OutputOption.Create("wide", "json", "yaml");
        Command command =
            new("explain", "Say why devices were or were not chosen, what a rollout waits for, or what a field means.")
        {
            what, name, device, output,
        };
        action.Bind(command, (session, ct) =>
        {
            string word = session.Get(what) ?? "";
            string named = session.Get(name) ?? "";
            int slash = word.IndexOf('/', StringComparison.Ordinal);
            if (named.Length == 0 && slash < 0)
            {
                session.Print.Raw(Field(word));
                return Task.CompletedTask;
            }

            string kind = slash < 0 ? word : word[..slash];
            string asked = named.Length > 0 ? named : word[(slash + 1)..];
            return ObjectAsync(
                session, kind, asked, (session.Get(device) ?? "", OutputOption.Parse(session.Get(output))), ct);
        });
        return command;
    }

    private static Task ObjectAsync(
        Session session, string kind, string name, (string Device, OutputFormat Format) how, CancellationToken ct)
    {
        if (kind is "rollout" or "rollouts")
        {
            return RolloutExplanation.PrintAsync(
                session, ResourceKinds.NameOf(DeploymentKind.Kind, name), how.Device, how.Format, ct);
        }

        if (DeploymentKind.Kind.IsCalled(kind))
        {
            return DeploymentAsync(session, name, how, ct);
        }

        if (!DeviceKind.Kind.IsCalled(kind))
        {
            throw new CliException(
                CliErrors.Kind, "only deployments, rollouts and devices are explained", ExitCodes.Usage);
        }

        return how.Device.Length == 0
            ? DeviceAsync(session, ResourceKinds.NameOf(DeviceKind.Kind, name), how.Format, ct)
            : throw new CliException(
                CliErrors.Usage, "--device is for deployments and rollouts; name one device", ExitCodes.Usage);
    }

    private static string Field(string path)
    {
        string[] steps = path.Split('.', 2);
        KindSchema kind = ManifestKinds.All.FirstOrDefault(
            known => string.Equals(known.Kind, steps[0].TrimEnd('s'), StringComparison.OrdinalIgnoreCase))
            ?? throw new CliException(
                CliErrors.Kind,
                $"there is no kind '{steps[0]}' of manifests"
                + DidYouMean.Sentence(steps[0], ManifestKinds.All.Select(known => known.Kind)),
                ExitCodes.NotFound);
        string field = steps.Length > 1 ? steps[1] : "";
        return kind.Find(field) is FieldSchema schema
            ? ManifestPage.Explain(field.Length > 0 ? $"{kind.Kind}.{field}" : kind.Kind, schema)
            : throw new CliException(CliErrors.NotFound, $"{kind.Kind} has no field {field}", ExitCodes.NotFound);
    }

    private static async Task DeploymentAsync(
        Session session, string name, (string Device, OutputFormat Format) how, CancellationToken ct)
    {
        ExplanationResource whole =
            await session.Client.ExplainDeploymentAsync(name, ct).ConfigureAwait(false);
        ExplanationResource explanation = how.Device.Length == 0
            ? whole
            : whole with { Devices = [.. whole.Devices.Where(device => device.Device == how.Device)] };
        if (how.Device.Length > 0 && explanation.Devices.Count == 0)
        {
            throw new CliException(CliErrors.NotFound, $"there is no device {how.Device}", ExitCodes.NotFound);
        }

        if (how.Format is OutputFormat.Json or OutputFormat.Yaml)
        {
            JsonNode node = JsonSerializer.SerializeToNode(explanation, ApiJson.Default.ExplanationResource)
                ?? new JsonObject();
            session.Print.Raw(NodeText.Write(node, how.Format));
            return;
        }

        Show(session, explanation, how.Format == OutputFormat.Wide);
    }

    private static async Task DeviceAsync(Session session, string name, OutputFormat format, CancellationToken ct)
    {
        ResourceList<ExplanationResource> list =
            await session.Client.ExplainDeviceAsync(name, ct).ConfigureAwait(false);
        if (format is OutputFormat.Json or OutputFormat.Yaml)
        {
            JsonNode node = JsonSerializer.SerializeToNode(list, ApiJson.Default.ResourceListExplanationResource)
                ?? new JsonObject();
            session.Print.Raw(NodeText.Write(node, format));
            return;
        }

        TextTable table = new("DEPLOYMENT", "VERDICT", "VARIANTS", "CODE", "WHY");
        foreach (ExplanationResource deployment in list.Items)
        {
            foreach (DeviceExplanation device in deployment.Devices)
            {
                table.Add(
                    deployment.Deployment,
                    device.Verdict,
                    string.Join(',', device.Variants),
                    device.Code,
                    string.Join("; ", device.Reasons));
            }
        }

        session.Print.Table(table, "There are no deployments.");
    }

    private static void Show(Session session, ExplanationResource explanation, bool isWide)
    {
        int chosen = explanation.Devices.Count(device => device.Verdict == "Chosen");
        session.Print.Line(
            $"deployment {explanation.Deployment}, revision {explanation.Revision}: "
            + $"{chosen} of {explanation.Devices.Count} devices chosen");
        TextTable table = isWide
            ? new TextTable("DEVICE", "VERDICT", "VARIANTS", "SCORE", "CODE", "WHY")
            : new TextTable("DEVICE", "VERDICT", "VARIANTS", "WHY");
        foreach (DeviceExplanation device in explanation.Devices)
        {
            string variants = string.Join(',', device.Variants);
            string why = string.Join("; ", device.Reasons);
            string score = device.Score.ToString(System.Globalization.CultureInfo.InvariantCulture);
            string[] cells = isWide
                ? [device.Device, device.Verdict, variants, score, device.Code, why]
                : [device.Device, device.Verdict, variants, why];
            table.Add(cells);
        }

        session.Print.Table(table, "There are no devices.");
    }
}
