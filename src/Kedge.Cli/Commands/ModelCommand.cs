using System.CommandLine;
using Kedge.Api.Resources;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge model</c>: packages of models on the server.</summary>
internal static class ModelCommand
{
    public static Command Create(CommandAction action) => new(
        "model", "Push, optimise, sign, verify, list and tag models.")
    {
        ModelPushCommand.Create(action),
        ModelOptimizeCommand.Create(action),
        ModelSignCommand.Create(action),
        ModelVerifyCommand.Create(action),
        List(action),
        Show(action),
        Tag(action),
        Remove(action),
    };

    private static Command List(CommandAction action)
    {
        Argument<string> name = new("NAME")
        {
            Description = "Packages of this model; all models when it is left out.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Command command = new("list", "List models, or the packages of one.") { name };
        action.Bind(command, async (session, ct) =>
        {
            string named = session.Get(name) ?? "";
            if (named.Length > 0)
            {
                await ModelDescription.PrintAsync(session, named, ct).ConfigureAwait(false);
                return;
            }

            TextTable table = new("NAME", "TAGS", "PACKAGES", "NEWEST");
            ResourceList<ModelResource> models = await session.Client.ListModelsAsync(ct).ConfigureAwait(false);
            foreach (ModelResource model in models.Items)
            {
                table.Add(
                    model.Name,
                    string.Join(',', model.Tags.Select(tag => tag.Tag)),
                    model.Packages.ToString(System.Globalization.CultureInfo.InvariantCulture),
                    Ages.Since(model.NewestAtMs, session.NowMs));
            }

            session.Print.Table(table, "There are no models; kedge model push brings one.");
        });
        return command;
    }

    private static Command Show(CommandAction action)
    {
        Argument<string> package = Package();
        Option<bool> envelope = new("--envelope") { Description = "Print the signed envelope as it is." };
        Command command = new("show", "Show one package with its files and signatures.") { package, envelope };
        action.Bind(command, async (session, ct) =>
        {
            string digest = await ResolveAsync(session, session.Get(package) ?? "", ct).ConfigureAwait(false);
            PackageResource found = await session.Client.GetPackageAsync(digest, ct).ConfigureAwait(false);
            session.Print.Raw(session.Get(envelope)
                ? found.Envelope + "\n"
                : PackageDescription.Text(found));
        });
        return command;
    }

    private static Command Tag(CommandAction action)
    {
        Argument<string> package = Package();
        Argument<string> tag = new("TAG") { Description = "The tag, as stable." };
        Command command = new("tag", "Point a tag at a package; deployments that used the tag keep what they have.")
        {
            package, tag,
        };
        action.Bind(command, async (session, ct) =>
        {
            PackageReference reference = Parse(session.Get(package) ?? "");
            string digest = await ResolveAsync(session, session.Get(package) ?? "", ct).ConfigureAwait(false);
            string model = reference.Model.Length > 0
                ? reference.Model
                : (await session.Client.GetPackageAsync(digest, ct).ConfigureAwait(false)).Name;
            string word = session.Get(tag) ?? "";
            await session.Client.TagPackageAsync(model, word, digest, ct).ConfigureAwait(false);
            session.Print.Line($"{model}:{word} = {digest}");
        });
        return command;
    }

    private static Command Remove(CommandAction action)
    {
        Argument<string> package = Package();
        Command command = new("rm", "Remove a package that no deployment uses.") { package };
        action.Bind(command, async (session, ct) =>
        {
            string digest = await ResolveAsync(session, session.Get(package) ?? "", ct).ConfigureAwait(false);
            await session.Client.DeleteAsync("packages", digest, ct).ConfigureAwait(false);
            session.Print.Line($"package {digest} removed");
        });
        return command;
    }

    private static Argument<string> Package() =>
        new("PACKAGE") { Description = "The package, as bearing:v2, bearing@sha256:... or sha256:..." };

    private static PackageReference Parse(string text) =>
        PackageReference.TryParse(text, out PackageReference? reference)
        ? reference
        : throw new CliException(
            CliErrors.Usage, $"'{text}' names no package; write NAME:TAG or a digest", ExitCodes.Usage);

    private static async Task<string> ResolveAsync(Session session, string text, CancellationToken ct)
    {
        PackageReference reference = Parse(text);
        if (reference.Digest is { IsNone: false } digest)
        {
            return digest.ToString();
        }

        ModelResource model = await session.Client.GetModelAsync(reference.Model, ct).ConfigureAwait(false);
        return model.Tags.FirstOrDefault(tag => tag.Tag == reference.Tag)?.Digest ?? throw new CliException(
            CliErrors.NotFound,
            $"{reference.Model} has no tag {reference.Tag}"
            + DidYouMean.Sentence(reference.Tag, model.Tags.Select(tag => tag.Tag)),
            ExitCodes.NotFound);
    }
}
