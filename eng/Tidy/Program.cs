using Kedge.Tidy;

// kedge-tidy [--shrink | --wrap]: judges the working tree that it is run in.
string root = Repository.FindRoot(Directory.GetCurrentDirectory());
string baselinePath = Path.Combine(root, "eng/Tidy/baseline.txt");
Repository repository = Repository.Read(root);
if (args is ["--wrap"])
{
    foreach (SourceFile file in repository.Files.Where(file => file.IsCSharp))
    {
        string wrapped = CodeWrap.Apply(CommentWrap.Apply(file.Text));
        if (wrapped != file.Text)
        {
            File.WriteAllText(Path.Combine(root, file.Path), wrapped);
            Console.WriteLine(file.Path);
        }
    }

    return 0;
}

var baseline = new Baseline(File.ReadAllText(baselinePath));
IReadOnlyList<Offence> offences = Judge.FromTree(root).All(repository);
if (args is ["--shrink"])
{
    File.WriteAllText(baselinePath, baseline.Shrink(offences));
    return 0;
}

if (args.Length > 0)
{
    Console.Error.WriteLine("kedge-tidy [--shrink | --wrap]");
    return 2;
}

IReadOnlyList<Offence> worse = baseline.Compare(offences);
foreach (Offence offence in worse)
{
    Console.WriteLine(offence);
}

return worse.Count == 0 ? 0 : 1;
