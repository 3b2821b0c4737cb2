PS1='root@\h:\w# '
alias ll='ls -l'
