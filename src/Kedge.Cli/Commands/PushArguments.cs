using System.CommandLine;
using Kedge.Cli.Models;
using Kedge.Cli.Output;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary>What <c>kedge model push</c> takes.</summary>
internal sealed class PushArguments
{
    public Argument<string> File { get; } = new("FILE")
    {
        Description = "The model; weights that an ONNX file names must lie beside it.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public Option<string> Package { get; } = new("--filename", "-f")
    {
        Description = "A package file in YAML instead of FILE: variants with their files, tolerances and costs.",
        HelpName = "FILE",
    };

    public Option<string[]> Variant { get; } = new("--variant")
    {
        Description = "Another form of the same model under a name of its own, as int8=model.int8.onnx; may be given "
            + "more than once.",
        HelpName = "NAME=FILE",
    };

    public Option<string[]> Tolerance { get; } = new("--tolerance")
    {
        Description = "How far a variant may be from the golden samples, as "
            + "int8=absolute:0.02,relative:0.05,agreement:0.99; as strict as the samples when left out.",
        HelpName = "NAME=BOUNDS",
    };

    public Option<bool> Measure { get; } = new("--measure")
    {
        Description = "Measure what each variant costs on this machine and record it for machines of its class.",
    };

    public Option<string> Name { get; } = new("--name", "-n")
    {
        Description = "Name of the model; made of the file's name when it is left out.",
        HelpName = "NAME",
    };

    public Option<string[]> Tag { get; } = new("--tag", "-t")
    {
        Description = "Tag that is to name the package; may be given more than once. Default: latest.",
        HelpName = "TAG",
    };

    public Option<bool> Force { get; } = new("--force")
    {
        Description = "Move tags that are versions, as v2, though they name another package.",
    };

    public Option<string> Graph { get; } = new("--graph")
    {
        Description = "What is computed around the model, as an image in and labels out: a graph file in YAML or "
            + "JSON. Models and labels that it names must lie beside it.",
        HelpName = "FILE",
    };

    public Option<string> Labels { get; } = new("--labels")
    {
        Description = "Labels of classes, one a line: a classification answers with them, and a graph that names a "
            + "file so takes this one.",
        HelpName = "FILE",
    };

    public Option<string> Golden { get; } = new("--golden")
    {
        Description = "Golden samples: inputs with the outputs that must come out. Recorded here when left out.",
        HelpName = "FILE",
    };

    public Option<string> Reference { get; } = new("--reference")
    {
        Description = "Samples of what it will see, in the form of golden samples: with the author's golden samples "
            + "they are the reference for gates on drift. Only how their values are spread is packaged.",
        HelpName = "FILE",
    };

    public Option<bool> SkipGoldenCheck { get; } = new("--skip-golden-check")
    {
        Description = "Run nothing here; without --golden the package has no golden samples.",
    };

    public Option<string> Key { get; } = new("--key")
    {
        Description = "Private key to sign with, PEM; model-signing.key of the owner's folder when left out.",
        HelpName = "FILE",
    };

    public Option<string> Signature { get; } = new("--signature")
    {
        Description = "The author's signature by the OpenSSF model-signing specification: verified against the file, "
            + "and kept with the package.",
        HelpName = "FILE",
    };

    public Option<string> SignatureKey { get; } = new("--signature-key")
    {
        Description = "Public key that must have made it, PEM.",
        HelpName = "FILE",
    };

    public Option<string[]> SignatureRoot { get; } = new("--signature-root")
    {
        Description = "Root that its certificate must lead to, PEM.",
        HelpName = "FILE",
    };

    public Option<string[]> Architecture { get; } = new("--architecture")
    {
        Description = "Processor architecture that it runs on, as x64 or arm64; any when left out.",
        HelpName = "ARCH",
    };

    public Option<string[]> Provenance { get; } = new("--provenance")
    {
        Description = "Where it comes from, as source.commit=abc123; may be given more than once.",
        HelpName = "KEY=VALUE",
    };

    public Option<string> Output { get; } = OutputOption.Create("json", "yaml");

    /// <summary>How the push is to be carried out; ends the command when a tag is none.</summary>
    public PushTerms Terms(Session session) => new()
    {
        Tags = PushTerms.TagsOf(session.Get(Tag)),
        IsForced = session.Get(Force),
        Key = session.Get(Key) ?? "",
        SkipsGoldenCheck = session.Get(SkipGoldenCheck),
        Measures = session.Get(Measure),
        Signature = session.Get(Signature) ?? "",
        SignatureKey = session.Get(SignatureKey) ?? "",
        SignatureRoots = session.Get(SignatureRoot) ?? [],
    };

    public void AddTo(Command command)
    {
        command.Add(File);
        command.Add(Package);
        command.Add(Variant);
        command.Add(Tolerance);
        command.Add(Measure);
        command.Add(Name);
        command.Add(Tag);
        command.Add(Force);
        command.Add(Graph);
        command.Add(Labels);
        command.Add(Golden);
        command.Add(Reference);
        command.Add(SkipGoldenCheck);
        command.Add(Key);
        command.Add(Signature);
        command.Add(SignatureKey);
        command.Add(SignatureRoot);
        command.Add(Architecture);
        command.Add(Provenance);
        command.Add(Output);
    }
}
